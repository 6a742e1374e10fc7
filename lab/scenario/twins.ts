import { afterAll, beforeAll, test } from "vitest";
import { type Host, pagesProgram } from "../machine/host.ts";
import { threadsOf } from "../machine/process.ts";
import { inflate, pin, pinVcpu, type Stranger } from "../machine/stranger.ts";
import {
  bootWithGoodTwin,
  expectTold,
  goodTwin,
  type Planned,
  twinOf,
  type Twins,
} from "../machine/twins.ts";

/**
 * More pairs as in `twins.quick`: the host's settings, cgroups, a node without room, what the guest
 * is shown and what it gives back; and VMs that `evenkeel run` started.
 */
let host: Host;
beforeAll(async () => {
  host = await bootWithGoodTwin();
});
afterAll(() => host?.stop());

const good = goodTwin;

/** In order on the other node. */
const onNode1: Partial<Stranger> = {
  boundTo: "1",
  vcpus: ["7", "8"],
  helpers: "6",
  startsOn: "6",
  devices: ["0000:31:00.0"],
};
/** Without an accelerator, in base pages. */
const plain: Partial<Stranger> = { huge: false, devices: [] };
/** On both nodes, as it has more vCPUs than one of them has CPUs. */
const wide: Partial<Stranger> = {
  vcpus: ["3", "4", "5", "7", "8", "9", "10"],
  boundTo: "0-1",
  helpers: "0,6",
  startsOn: "0,6",
  devices: [],
};

const writes =
  (path: string, value: string) =>
  (on: Host): Promise<void> =>
    on.write(path, value);
const transparent = "/sys/kernel/mm/transparent_hugepage/enabled";
const balancing = "/proc/sys/kernel/numa_balancing";
const merging = "/sys/kernel/mm/ksm";

const limits = "/sys/fs/cgroup/limited";

/** Puts a VM of QEMU's into a cgroup of its own with a limit. */
const limited =
  (vm: Stranger, file: string, value: string, seconds: number) =>
  async (on: Host, pid: number): Promise<void> => {
    await on.ok("mkdir", ["-p", limits]);
    await on.write("/sys/fs/cgroup/cgroup.subtree_control", "+cpu");
    await on.write(`${limits}/${file}`, value);
    await on.write(`${limits}/cgroup.procs`, `${pid}`);
    await pin(on, pid, vm);
    await on.ok("sleep", [`${seconds}`]);
  };

const planned = (name: string): Planned => ({
  name,
  asks: { name, accelerators: 1, vcpus: 2, memory: "64Mi" },
});

/** Sends a VM's first vCPU to the other node. */
async function sendAway(on: Host, pid: number): Promise<void> {
  const threads = await threadsOf(on, pid);
  const here = Number(threads.find(({ name }) => name.startsWith("CPU 0/"))?.cpus);
  await pinVcpu(on, pid, 0, here < 6 ? "11" : "5");
}

const filler = "/tmp/filler.pid";

/** Takes the memory of node 0 until little is left. */
async function fill(on: Host): Promise<void> {
  const meminfo = await on.read("/sys/devices/system/node/node0/meminfo");
  const freeKiB = Number(/MemFree: +(\d+) kB/.exec(meminfo)?.[1]);
  const mebibytes = Math.floor(freeKiB / 1024) - 48;
  const script = `${pagesProgram} touch ${mebibytes} 0:100 > /tmp/filled 2>&1 & echo $! > ${filler}
until grep -q . /tmp/filled; do sleep 0.1; done`;
  await on.ok("/bin/sh", ["-c", script]);
}

/** In base pages, with more memory than a full node can spare. */
const large: Partial<Stranger> = { huge: false, memoryMiB: 320, mode: "preferred" };

/** By virsh, with room for a kernel. */
const booting: Partial<Stranger> = { via: "virsh", memoryMiB: 192, devices: [], balloon: true };

const pairs: readonly Twins[] = [
  {
    name: "two in order by evenkeel run",
    good: planned("first"),
    bad: planned("second"),
    inTurn: true,
    planted: [],
  },
  {
    name: "a vCPU moved to the other node after evenkeel run, of the one that is given first",
    good: planned("first"),
    bad: planned("second"),
    inTurn: true,
    badFirst: true,
    after: sendAway,
    planted: ["vcpus-off-node"],
  },
  {
    name: "memory that fell over, as its node was full",
    good: twinOf({ ...large, name: "first" }),
    bad: twinOf(large),
    inTurn: true,
    before: writes(transparent, "never"),
    between: fill,
    restore: async (on) => {
      await on.ok("/bin/sh", ["-c", `kill $(cat ${filler})`]);
      await on.write(transparent, "always");
    },
    planted: ["node-full"],
  },
  { name: "two in order by QEMU", good, bad: twinOf({}), planted: [] },
  {
    name: "two in order by virsh, without accelerators",
    good: twinOf({ name: "first", via: "virsh", vcpus: ["3", "4"], devices: [] }),
    bad: twinOf({ via: "virsh", ...onNode1, devices: [] }),
    planted: [],
  },
  {
    name: "two in order, in base pages without accelerators",
    good: twinOf({ ...plain, name: "first", vcpus: ["3", "4"] }),
    bad: twinOf({ ...plain, ...onNode1, devices: [] }),
    before: writes(transparent, "never"),
    restore: writes(transparent, "always"),
    planted: [],
  },
  {
    name: "base pages, where nothing makes them huge",
    good,
    bad: twinOf({ via: "virsh", huge: false }),
    before: writes(transparent, "never"),
    restore: writes(transparent, "always"),
    planted: ["page-size-small"],
  },
  {
    // The stand-ins share one line for interrupts, which goes to node 0.
    name: "interrupts on the other node that were never raised",
    good,
    bad: twinOf(onNode1),
    planted: [],
  },
  {
    name: "a quota of CPU time",
    good,
    bad: twinOf({ runs: true }),
    after: limited(twinOf({}), "cpu.max", "5000 100000", 20),
    restore: writes(`${limits}/cpu.max`, "max"),
    planted: ["cpu-quota"],
  },
  {
    name: "a low weight",
    good,
    bad: twinOf({}),
    after: limited(twinOf({}), "cpu.weight", "1", 0),
    restore: writes(`${limits}/cpu.weight`, "100"),
    planted: ["cpu-weight-low"],
  },
  {
    name: "NUMA balancing over memory without a policy",
    good: twinOf({ name: "first", huge: false }),
    bad: twinOf({ huge: false, boundTo: null }),
    inTurn: true,
    before: async (on) => {
      await on.write(transparent, "never");
      await on.write(balancing, "1");
    },
    restore: async (on) => {
      await on.write(balancing, "0");
      await on.write(transparent, "always");
    },
    planted: ["autonuma-on"],
  },
  {
    name: "merged pages",
    good: twinOf({ ...plain, name: "first", vcpus: ["3", "4"] }),
    bad: twinOf({ ...plain, ...onNode1, devices: [], merges: true }),
    before: async (on) => {
      await on.write(transparent, "never");
      await on.write(`${merging}/pages_to_scan`, "10000");
      await on.write(`${merging}/run`, "1");
    },
    after: async (on) => void (await on.ok("sleep", ["15"])),
    restore: async (on) => {
      await on.write(`${merging}/run`, "2");
      await on.write(transparent, "always");
    },
    planted: ["ksm-on"],
  },
  {
    name: "a processor without vector units, and vCPUs on the other node",
    good,
    bad: twinOf({ cpu: "Nehalem", vcpus: ["7", "8"] }),
    planted: ["vcpus-off-node", "cpu-model-masks"],
  },
  {
    name: "two accelerators behind one port",
    good: twinOf({ name: "first", devices: ["0000:22:00.0", "0000:32:00.0"] }),
    bad: twinOf({ devices: ["0000:22:00.0", "0000:32:00.0"], onePort: true }),
    inTurn: true,
    planted: ["port-shared"],
  },
  {
    name: "a guest of two nodes, and one that is shown one",
    good: twinOf({
      ...wide,
      name: "first",
      cells: [
        { node: 0, vcpus: "0-2" },
        { node: 1, vcpus: "3-6" },
      ],
    }),
    bad: twinOf(wide),
    inTurn: true,
    planted: ["vnuma-missing"],
  },
  {
    name: "memory bound to the other node by virsh, and the emulator on a vCPU's core",
    good,
    bad: twinOf({ via: "virsh", boundTo: "1", helpers: "3,6" }),
    planted: ["memory-bound-elsewhere", "helpers-on-worker-cores"],
  },
  {
    name: "a balloon in the guest",
    good: twinOf({ ...booting, ...onNode1, devices: [], name: "first", balloon: false }),
    bad: twinOf(booting),
    after: (on) => inflate(on, "bad", 128),
    planted: ["balloon-inflated"],
  },
];

test.each(pairs)("$name", (twins) => expectTold(host, twins));
