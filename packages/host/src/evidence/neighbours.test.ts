import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import type { HeldHere } from "../holding/read-holdings.ts";
import type { ProcessLoad } from "../procfs/process-load.ts";
import { allNeighbours, neighboursLeftOut } from "./neighbours.ts";
import { runningHere } from "./running-here.ts";

const vm = (name: string, pid: number | null): HeldHere => {
  return { name, pid, plan: null, vcpus: [], memory: [], devices: [], domain: null };
};
const load = (pid: number, busyCpus: number | null, name = "x"): ProcessLoad => {
  return { pid, name, parent: 1, busyCpus };
};

/** A process of three threads, with memory of its own and a page of a library. */
const trainer = {
  "/proc/70/status": "Name:\tx\nRssAnon:\t20 kB\n",
  "/proc/70/numa_maps":
    "7f0000000000 default anon=3 dirty=3 N0=1 N1=2 kernelpagesize_kB=4\n" +
    "7f0000100000 bind:1 anon=2 dirty=2 N1=2 kernelpagesize_kB=4\n" +
    "7f0000200000 default file=/usr/lib/libc.so.6 mapped=9 N0=9 kernelpagesize_kB=4\n",
  "/proc/70/maps":
    "7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n7f0000100000-7f0000200000 rw-p 00000000 00:00 0 \n",
  "/proc/70/task/70/status": "Name:\tx\nCpus_allowed_list:\t0-7\n",
  "/proc/70/task/71/status": "Name:\tx\nCpus_allowed_list:\t0-7\n",
  "/proc/70/task/72/status": "Name:\tx\nCpus_allowed_list:\t3\n",
};

test("a busy process is a neighbour with its threads, and the memory that is its own", () => {
  const loads = [load(70, 2.504, "train\u001b[2J"), load(71, 0.2), load(72, null)];
  expect(allNeighbours(runningHere(treeOf(trainer)), [], loads)).toEqual([
    {
      name: "process 70 (train\uFFFD[2J)",
      pid: 70,
      isVm: false,
      vcpus: [
        { count: 2, cpus: "0-7" },
        { count: 1, cpus: "3" },
      ],
      memory: [
        { node: 0, pageBytes: 4 * KiB, bytes: 4 * KiB },
        { node: 1, pageBytes: 4 * KiB, bytes: 16 * KiB },
      ],
      devices: [],
      busyCpus: 2.5,
    },
  ]);
});

test("of a process with more memory than is looked at, where it lies is not told", () => {
  const huge = { ...trainer, "/proc/70/status": `Name:\tx\nRssAnon:\t${33 * 2 ** 20} kB\n` };
  const [only] = allNeighbours(runningHere(treeOf(huge)), [], [load(70, 2)]);
  expect(only).toMatchObject({ pid: 70, memory: [] });
});

test("a VM is a neighbour however idle, and once; of the others, the busiest sixteen are", () => {
  const loads = Array.from({ length: 30 }, (_, i) => load(100 + i, 1 + i));
  const held = [vm("idle", 50), vm("busy", 129), vm("unseen", null)];
  const all = allNeighbours(runningHere(treeOf({})), held, [load(50, 0), ...loads]);
  const vms = all.filter(({ isVm }) => isVm);
  expect(vms.map(({ name, busyCpus }) => [name, busyCpus])).toEqual([
    ["busy", 30],
    ["idle", 0],
    ["unseen", null],
  ]);
  const others = all.filter(({ isVm }) => !isVm).map(({ pid }) => pid);
  expect(others).toEqual(Array.from({ length: 16 }, (_, i) => 113 + i));
});

test("however many VMs somebody starts, their number and their parts are bounded", () => {
  const held = Array.from({ length: 1100 }, (_, i) => vm(`vm-${i}`, 1000 + i));
  const vcpus = Array.from({ length: 9000 }, (_, i) => ({ count: 1, cpus: `${i}` }));
  const [first, ...others] = held;
  if (first === undefined) throw new Error("there are many");
  const all = allNeighbours(runningHere(treeOf({})), [{ ...first, vcpus }, ...others], []);
  expect([all.length, neighboursLeftOut(held), neighboursLeftOut([])]).toEqual([1024, 76, 0]);
  expect(all.find(({ name }) => name === "vm-0")?.vcpus).toHaveLength(4096);
});
