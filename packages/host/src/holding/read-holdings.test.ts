import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { hostWith, type MadeEmulator } from "../../testing/emulated-host.ts";
import { qemuInstance } from "../../testing/vm-host.ts";
import type { Domain } from "../hypervisor/libvirt/domains.ts";
import type { Tree } from "../tree/tree.ts";
import { readXml } from "../xml/read-xml.ts";
import { type Holdings, readHoldings } from "./read-holdings.ts";

const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";
const router: MadeEmulator = { pid: 400, name: "router", uuid, vcpus: ["4", "5", "8-11"] };

const read = (tree: Tree, domains: readonly Domain[] = []): Holdings =>
  readHoldings(tree, [], domains);

function domain(xml: string | null, given: Partial<Domain> = {}): Domain {
  const definition = xml === null ? null : readXml(xml, "test");
  const fixed = { name: "router", uuid, running: true, known: false, devices: [] };
  return { ...fixed, definition, ...given };
}

test("the vCPUs of a VM are counted by the CPUs that their threads may use", () => {
  expect(read(hostWith([router])).held).toMatchObject([
    {
      name: "router",
      pid: 400,
      plan: null,
      vcpus: [
        { count: 1, cpus: "4" },
        { count: 1, cpus: "5" },
        { count: 1, cpus: "8-11" },
      ],
    },
  ]);
});

test("without names of threads, as many as the VM has vCPUs count, the tightest first", () => {
  const [held] = read(hostWith([{ ...router, named: false, vcpus: ["4", "4", "0-31"] }])).held;
  expect(held?.vcpus).toEqual([
    { count: 2, cpus: "4" },
    { count: 1, cpus: "0-31" },
  ]);
});

test("memory is counted by node and size of page, and devices by their IOMMU groups", () => {
  const memory = [
    { node: 0, pageKiB: 1 << 20, pages: 3 },
    { node: 1, pageKiB: 1 << 20, pages: 1 },
    { node: 1, pageKiB: 4, pages: 7 },
    { node: 1, pageKiB: 4, pages: 1 },
  ];
  const groups = { 40: ["0000:41:00.0", "0000:41:00.1"], 41: ["0000:42:00.0"] };
  const [held] = read(hostWith([{ ...router, memory, groups: [40] }], groups)).held;
  expect(held?.devices).toEqual(groups[40]);
  expect(held?.memory).toEqual([
    { node: 0, pageBytes: GiB, bytes: 3 * GiB },
    { node: 1, pageBytes: GiB, bytes: GiB },
    { node: 1, pageBytes: 4096, bytes: 8 * 4096 },
  ]);
});

test("a program of any name counts once it has a device or a VM of KVM open", () => {
  const other = { ...router, program: "/opt/vmm/cloud-hypervisor" };
  expect(read(hostWith([other])).held).toEqual([]);
  const [held] = read(hostWith([{ ...other, groups: [40] }], { 40: ["0000:41:00.0"] })).held;
  expect(held?.devices).toEqual(["0000:41:00.0"]);
  expect(read(hostWith([{ ...router, program: "/tmp/qemu-lookalike" }])).held).toEqual([]);
});

test("a program that drives a device without a VM holds the CPUs it is pinned to, and no others", () => {
  const groups = { 40: ["0000:41:00.0"] };
  const driver = { ...router, program: "/usr/bin/testpmd", groups: [40], named: false };
  const threads = { ...driver, vcpus: ["0-31", "4", "8-11", "4", "5"] };
  const cpusOf = (made: MadeEmulator) => read(hostWith([made], groups)).held[0]?.vcpus;
  expect(cpusOf(threads)).toEqual([
    { count: 1, cpus: "4" },
    { count: 1, cpus: "5" },
  ]);
  expect(cpusOf({ ...driver, vcpus: ["0-31"] })).toEqual([]);
  const vmm = { ...threads, program: "/opt/vmm/cloud-hypervisor", kvm: true };
  expect(cpusOf(vmm)?.reduce((sum, { count }) => sum + count, 0)).toBe(5);
});

test("memory that a VM shares with programs that serve it counts once, for the VM", () => {
  const shared = (pages: number, offset = 0) => ({
    node: 0,
    pageKiB: 1 << 20,
    pages,
    of: { inode: 77, offset: offset * GiB },
  });
  const own = { node: 1, pageKiB: 1 << 20, pages: 2 };
  const groups = { 40: ["0000:41:00.0"] };
  const driver = { ...router, pid: 300, name: "driver", program: "/usr/bin/testpmd", groups: [40] };
  const held = (memory: MadeEmulator["memory"] & object, more: readonly MadeEmulator[] = []) => {
    const vm = { ...router, memory: [shared(3), shared(5, 3)] };
    const { held: all } = read(hostWith([{ ...driver, memory }, vm, ...more], groups));
    return all.map(({ name, memory: parts }) => [
      name,
      ...parts.map(({ node, bytes }) => `${node}:${bytes / GiB}`),
    ]);
  };
  const vm = ["router", "0:8"];
  // It maps the file once for each of its regions, each time from the start.
  expect(held([shared(3), shared(8), own])).toEqual([vm, ["driver", "1:2"]]);
  expect(held([shared(9)])).toEqual([vm, ["driver", "0:1"]]);
  // Of another file, all counts, whatever it is called.
  const other = { ...shared(8), of: { inode: 78, offset: 0 } };
  expect(held([other])).toEqual([vm, ["driver", "0:8"]]);
  const second = { ...router, pid: 500, name: "second", memory: [shared(8), own] };
  expect(held([shared(8)], [second])).toEqual([vm, ["second", "1:2"], ["driver"]]);
});

const kvmHost = { "/sys/class/misc/kvm/dev": "10:232\n" };

test("what any user can make look like a QEMU is no VM: it takes nothing and is named", () => {
  const claims = [400, 500, 600, 700, 800, 900].map((pid) => ({
    ...router,
    pid,
    uid: 1000,
    program: null,
  }));
  const { held, unreadable } = read(hostWith(claims, {}, kvmHost));
  expect(held).toEqual([]);
  expect(unreadable).toEqual([
    {
      name: "user 1000",
      why:
        "processes 400 of user 1000, 500 of user 1000, 600 of user 1000, 700 of user 1000 and 2 more " +
        "may not be looked into and may run VMs: the command line is that of a QEMU, which any process can have",
      seenAs: "claim",
    },
  ]);
  // Those of users who run VMs are believed.
  const users = { "/etc/passwd": "libvirt-qemu:x:64055:64055::/:/bin/false\n" };
  const real = read(hostWith([{ ...router, uid: 64_055, program: null }], {}, users));
  expect(real).toMatchObject({
    held: [{ pid: 400 }],
    unreadable: [
      {
        name: "router",
        why: expect.stringMatching(/^process 400 of user 64055 may not/),
        seenAs: "vm",
      },
    ],
  });
});

test("a process that may not be looked into is unknown, whatever it is called, where VMs can run", () => {
  const closed = { "/proc/77/statm": "9 1 1 1 0 1 0\n", "/proc/77/cmdline": "/opt/vmm\0" };
  const kernel = { "/proc/78/statm": "0 0 0 0 0 0 0\n", "/proc/78/cmdline": "" };
  const unknown = (more: Readonly<Record<string, string>>) =>
    read(hostWith([], {}, { ...closed, ...kernel, ...more })).unreadable;
  expect(unknown({})).toEqual([]);
  expect(unknown(kvmHost)).toEqual([
    {
      name: "other processes",
      why: "process 77 of user unknown may not be looked into, so a VM that a program other than QEMU runs would be missed",
      seenAs: "process",
    },
  ]);
  expect(read(hostWith([], {}, { ...kernel, ...kvmHost })).unreadable).toEqual([]);
});

test("a VM that nobody can read is reported, unless libvirt shows what it has", () => {
  const hidden = hostWith([{ ...router, program: null }]);
  const { held, unreadable } = read(hidden);
  expect(unreadable).toMatchObject([{ name: "router" }]);
  // Its affinity can be read by everybody.
  expect(held[0]?.vcpus[0]).toEqual({ count: 1, cpus: "4" });
  const shown = read(hidden, [domain("<domain/>", { devices: ["0000:41:00.0"] })]);
  expect(shown.unreadable).toEqual([]);
  expect(shown.held[0]?.devices).toEqual(["0000:41:00.0"]);
});

test("a QEMU of any user with the UUID of a domain is not that domain, and hides nothing of it", () => {
  const given = { devices: ["0000:41:00.0"] };
  const real = domain("<domain><vcpu cpuset='8'>1</vcpu></domain>", given);
  const decoy = { ...router, name: "decoy", uid: 1000, vcpus: ["4"] };
  const found = { name: "decoy", pid: 400, devices: [], domain: null };
  const hidden = { name: "router", pid: null, ...given, domain: uuid };
  expect(read(hostWith([decoy]), [real]).held).toMatchObject([found, hidden]);
  const seen = { ...hidden, pid: 300, vcpus: [{ count: 1, cpus: "9" }] };
  const own = { ...router, pid: 300, vcpus: ["9"] };
  expect(read(hostWith([decoy, own]), [real]).held).toMatchObject([seen, found]);
});

test("a recorded VM of libvirt without a process here runs by its plan", () => {
  const plans = ["llm-a", "llm-b"].map((vm) => planOf({ vm, cells: [{ cores: 1 }] }));
  const instances = plans.map((plan) => qemuInstance(plan, { via: "libvirt", process: null }));
  const domains = instances.map((one) => domain("<domain/>", { name: one.name, uuid: one.uuid }));
  const { held } = readHoldings(hostWith([]), instances, [
    ...domains.toReversed(),
    domain("<domain/>"),
  ]);
  expect(held.map(({ name, plan }) => [name, plan?.vm ?? null])).toEqual([
    ["llm-b", "llm-b"],
    ["llm-a", "llm-a"],
    ["router", null],
  ]);
});

test("a process that may not be read is reported where libvirt does not show its domain", () => {
  const hidden = hostWith([{ ...router, program: null }]);
  expect(read(hidden, [domain(null)]).unreadable).toMatchObject([{ name: "router" }]);
});

test("a VM with more base pages than are looked at hides the memory of no other", () => {
  const memory = [{ node: 0, pageKiB: 1 << 20, pages: 3 }];
  const large = { ...router, baseKiB: 129 * (1 << 20), memory };
  const small = { ...router, pid: 500, uuid: uuid.replace("3f", "4f"), baseKiB: 4, memory };
  const { held } = read(hostWith([large, small]));
  expect(held.map((one) => one.memory)).toEqual([
    [],
    [{ node: 0, pageBytes: GiB, bytes: 3 * GiB }],
  ]);
});

test("a process with more mappings than are read hinders nobody", () => {
  const memory = [{ node: 0, pageKiB: 1 << 20, pages: 3 }];
  const known = hostWith([{ ...router, memory }]);
  const tooLong: Tree = {
    ...known,
    readText: (path) => {
      if (!path.endsWith("/numa_maps")) return known.readText(path);
      throw new EvenkeelError("file-too-large", "it is too long", { where: path });
    },
  };
  expect(read(tooLong).held).toMatchObject([{ name: "router", memory: [] }]);
  const many = Array.from({ length: 20_000 }, () => memory).flat();
  const memoryOf = (uid: number): unknown =>
    read(hostWith([{ ...router, uid, memory: many }])).held[0]?.memory;
  expect(memoryOf(1000)).toEqual([]);
  expect(memoryOf(0)).toEqual([{ node: 0, pageBytes: GiB, bytes: 60_000 * GiB }]);
});

test("a domain whose process is not seen counts by its live definition", () => {
  const pinned = `<domain><vcpu cpuset='8-15'>3</vcpu><cputune><vcpupin vcpu='0' cpuset='4'/>
    <vcpupin vcpu='9' cpuset='5'/></cputune></domain>`;
  const { held, unreadable } = read(hostWith([]), [domain(pinned)]);
  expect(unreadable).toEqual([]);
  expect(held[0]?.vcpus).toEqual([
    { count: 1, cpus: "4" },
    { count: 2, cpus: "8-15" },
  ]);
  const floating = read(hostWith([]), [domain("<domain><vcpu current='2'>8</vcpu></domain>")]);
  expect(floating.held[0]?.vcpus).toEqual([{ count: 2, cpus: "0-31" }]);
  expect(read(hostWith([]), [domain(null)]).unreadable).toMatchObject([{ name: "router" }]);
  expect(read(hostWith([]), [domain(null, { running: false })])).toEqual({
    held: [],
    unreadable: [],
  });
});

test("a recorded VM is matched with its plan: by its process, or by its UUID", () => {
  const plan = planOf({ vm: "llm-a", cells: [{ cores: 1 }] });
  const own = { ...router, uuid: guestFromPlan(plan).uuid };
  const planned = (given: Parameters<typeof qemuInstance>[1]): boolean =>
    readHoldings(hostWith([own]), [qemuInstance(plan, given)], []).held[0]?.plan === plan;
  const process = { pid: 400, startTicks: 400, uid: 0, executable: "/usr/bin/qemu-system-x86_64" };
  expect(planned({ process })).toBe(true);
  expect(planned({ process: { ...process, startTicks: 399 } })).toBe(false);
  expect(planned({ process: null })).toBe(true);
  expect(planned({ process: null, uuid })).toBe(false);
});
