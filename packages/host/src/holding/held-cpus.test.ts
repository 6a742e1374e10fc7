import { expect, test } from "vitest";
import { hostWith, type MadeEmulator } from "../../testing/emulated-host.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { readXml } from "../xml/read-xml.ts";
import type { Tree } from "../tree/tree.ts";
import { readHoldings } from "./read-holdings.ts";

const pid = 400;
const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";
const router: MadeEmulator = { pid, name: "router", uuid, vcpus: ["4", "5-6"] };

const vcpusOf = (tree: Tree) => readHoldings(tree, [], []).held[0]?.vcpus;

/** A host whose files are these, where it has any, and otherwise those of another. */
function changed(files: Readonly<Record<string, string>>, host: Tree): Tree {
  const own = treeOf(files);
  return { ...host, readText: (path) => own.readText(path) ?? host.readText(path) };
}

test("threads of the emulator itself are no vCPUs where the vCPUs have names", () => {
  const status = { [`/proc/${pid}/task/${pid}/status`]: "Cpus_allowed_list:\t0\n" };
  expect(vcpusOf(changed(status, hostWith([router])))).toEqual([
    { count: 1, cpus: "4" },
    { count: 1, cpus: "5-6" },
  ]);
});

test("without a process a domain has its pins, and where the other vCPUs may run", () => {
  const cpusOf = (vcpu: string, ...pins: readonly string[]) => {
    const pinned = pins.map((cpus, i) => `<vcpupin vcpu='${i}' cpuset='${cpus}'/>`).join("");
    const definition = readXml(`<domain>${vcpu}<cputune>${pinned}</cputune></domain>`, "test");
    const fixed = { name: "router", uuid, running: true, known: false, devices: [] };
    return readHoldings(hostWith([]), [], [{ ...fixed, definition }]).held[0]?.vcpus;
  };
  const pins = [
    { count: 1, cpus: "4" },
    { count: 1, cpus: "5-6" },
  ];
  expect(cpusOf("<vcpu cpuset='8-9'>2</vcpu>", "4", "5-6")).toEqual(pins);
  expect(cpusOf("<vcpu cpuset='8-9'>4</vcpu>", "4", "5-6")).toEqual([
    ...pins,
    { count: 2, cpus: "8-9" },
  ]);
  expect(cpusOf("<vcpu>3</vcpu>", "4", "5-6")).toEqual([...pins, { count: 1, cpus: "0-31" }]);
  // vCPUs that are not plugged in run nowhere.
  expect(cpusOf("<vcpu current='1'>4</vcpu>", "4", "5-6")).toEqual(pins.slice(0, 1));
});

test("without names of threads, the command line says how many vCPUs there are", () => {
  const vcpus = ["4", "5", "6"];
  const host = hostWith([{ ...router, named: false, vcpus }]);
  const counted = (...words: readonly string[]): number | undefined => {
    const command = words.map((word) => `${word}\0`).join("");
    const held = vcpusOf(changed({ [`/proc/${pid}/cmdline`]: command }, host));
    return held?.reduce((sum, { count }) => sum + count, 0);
  };
  const qemu = "/usr/bin/qemu-system-x86_64";
  expect(counted(qemu, "-smp", "2")).toBe(2);
  expect(counted(qemu, "-smp", "sockets=1,cpus=3")).toBe(3);
  expect(counted(qemu)).toBe(1);
  // Where it does not say, each thread may be one: three, and the emulator's own.
  expect(counted(qemu, "-smp", "sockets=3")).toBe(4);
  expect(counted("vmm")).toBe(4);
});
