import { stranger } from "../../testing/plan/stranger.ts";
import { cpusOfPlan } from "../plan/plan.ts";
import { formatList, setOf } from "../set/list-format.ts";
import type { Holding } from "../plan/holding.ts";
import { describe, expect, test } from "vitest";
import { planOf } from "../../testing/guest/plan-of.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import type { DeviceFacts, DomainFacts, HostFacts } from "./facts.ts";
import { preflight } from "./preflight.ts";
import type { Start } from "./start.ts";
import type { PreflightProblem } from "./problem.ts";
import { malformed } from "../../testing/remedy/malformed.ts";
import { factsFor, startOf } from "../../testing/preflight/facts-for.ts";

const gpu = "0000:1b:00.0";
const audio = "0000:1b:00.1";
const plan = planOf({
  cells: [
    {
      cores: 2,
      pageBytes: 2 * MiB,
      memory: [{ node: 0, bytes: 4 * GiB }],
      devices: [{ address: gpu, companions: [audio] }],
    },
    { cores: 2, pageBytes: 2 * MiB, memory: [{ node: 1, bytes: 2 * GiB }] },
  ],
});
const bare = planOf({ cells: [{ cores: 1 }] });
const good = factsFor(plan);
const start = startOf(plan);

const device = (change: Partial<DeviceFacts>): HostFacts["devices"] =>
  good.devices.map((one) => (one.address === gpu ? { ...one, ...change } : one));
const domain = (change: Partial<DomainFacts>): DomainFacts => ({
  name: "other",
  uuid: "00000000-0000-4000-8000-000000000000",
  running: true,
  known: true,
  devices: [],
  ...change,
});
const disk: DeviceFacts = {
  address: "0000:1c:00.0",
  present: true,
  bridge: false,
  driver: "nvme",
  iommuGroup: 11,
  groupMembers: [],
  users: [],
};
const withNeighbour = (neighbour: DeviceFacts): HostFacts["devices"] => [
  ...device({ groupMembers: [gpu, audio, neighbour.address] }).map((one) =>
    one.address === audio ? { ...one, groupMembers: [gpu, audio] } : one,
  ),
  neighbour,
];

test("nothing stands in the way where everything is there", () => {
  expect(preflight(start, good)).toMatchObject({ ready: true, problems: [] });
  expect(preflight(startOf(bare), factsFor(bare))).toMatchObject({ ready: true, problems: [] });
});

test("what could not be read is not objected to", () => {
  const unknown: HostFacts = {
    nodes: [],
    hugetlbfsBytes: null,
    onlineCpus: null,
    cgroups: [{ path: "/", folder: "/sys/fs/cgroup", cpus: null, nodes: null }],
    devices: good.devices,
    iommu: null,
    vfioPci: null,
    kvm: good.kvm,
    addressBits: null,
    lockableBytes: null,
    versions: good.versions,
    firmware: null,
    numaBalancing: null,
    ksmRun: null,
    domains: null,
    held: [],
    unreadable: [],
    emulatorPid: null,
  };
  expect(preflight(start, unknown).problems).toEqual([]);
});

const pool = (node: number): string =>
  `/sys/devices/system/node/node${node}/hugepages/hugepages-2048kB/nr_hugepages`;

/** One thing taken from the host, and the one problem that it makes. */
const cases: readonly [
  what: string,
  facts: Partial<HostFacts>,
  problem: Partial<PreflightProblem>,
  start?: Partial<Start>,
][] = [
  [
    "huge pages on one node",
    {
      nodes: good.nodes.map((node) =>
        node.id === 1
          ? { ...node, hugepages: [{ sizeBytes: 2 * MiB, total: 1100, free: 1000 }] }
          : node,
      ),
    },
    {
      code: "hugepages-not-free",
      subject: "node 1",
      needs: "1024 huge pages of 2 MiB",
      has: "1000 free",
      remedy: {
        text: "Set apart 24 more huge pages of 2 MiB on node 1.",
        argv: [["shuf", "-e", "1124", "-o", pool(1)]],
        when: "live",
        undo: [["shuf", "-e", "1100", "-o", pool(1)]],
      },
    },
  ],
  [
    "the pool itself",
    { nodes: good.nodes.map((node) => (node.id === 0 ? { ...node, hugepages: [] } : node)) },
    {
      code: "hugepages-not-free",
      subject: "node 0",
      has: "0 free",
      remedy: {
        text: "Boot the host with huge pages of 2 MiB on node 0 (hugepagesz=, hugepages=).",
        argv: null,
        when: "host-reboot",
        undo: null,
      },
    },
  ],
  ["hugetlbfs", { hugetlbfsBytes: [GiB] }, { code: "hugetlbfs-not-mounted" }],
  ["a CPU", { onlineCpus: "0-4,500-505" }, { code: "cpus-not-online", subject: "CPUs 5" }],
  [
    "a CPU of a cgroup",
    {
      cgroups: good.cgroups.map((one) => ({
        ...one,
        cpus: one.path === "/" ? one.cpus : "0-3,500-505",
      })),
    },
    {
      code: "cgroup-cpus",
      subject: "cgroup /machine.slice",
      remedy: {
        text: "Give the cgroup /machine.slice the CPUs 0-5,500-505.",
        argv: [["shuf", "-e", "0-5,500-505", "-o", "/sys/fs/cgroup/machine.slice/cpuset.cpus"]],
        when: "live",
        undo: [["shuf", "-e", "0-3,500-505", "-o", "/sys/fs/cgroup/machine.slice/cpuset.cpus"]],
      },
    },
  ],
  [
    "a node of a cgroup",
    { cgroups: [{ path: "/", folder: "/sys/fs/cgroup", cpus: null, nodes: "0" }] },
    { code: "cgroup-nodes", has: "memory nodes 0", needs: "memory nodes 0-1" },
  ],
  ["a device", { devices: device({ present: false }) }, { code: "device-absent", subject: gpu }],
  [
    "a device's rest",
    { devices: device({ users: ["network interface eth0 is up"], driver: "mlx5_core" }) },
    {
      code: "device-busy",
      subject: gpu,
      has: "network interface eth0 is up (driver mlx5_core)",
    },
  ],
  [
    "a device, by another VM",
    { domains: [domain({ devices: [audio] })] },
    { code: "device-busy", subject: audio, has: "VM other has it (driver nvidia)" },
  ],
  ["the IOMMU", { iommu: false }, { code: "iommu-off" }],
  [
    "a group",
    { devices: device({ iommuGroup: null, groupMembers: [] }) },
    { code: "iommu-off", has: "a device has no IOMMU group" },
  ],
  [
    "a group to the host's disk",
    { devices: withNeighbour(disk) },
    { code: "iommu-group-shared", has: "0000:1c:00.0 stays with the host: its driver is nvme" },
  ],
  ["vfio-pci", { vfioPci: false }, { code: "vfio-missing" }],
  ["KVM", { kvm: { present: false, unusable: null } }, { code: "kvm-unusable" }],
  [
    "permission",
    { kvm: { present: true, unusable: "EACCES" } },
    { code: "kvm-unusable", has: "EACCES" },
  ],
  ["address bits", { addressBits: 32 }, { code: "address-bits-short", has: "32" }],
  [
    "lockable memory",
    { lockableBytes: 64 * MiB },
    { code: "memlock-short", needs: "7 GiB" },
    { via: "qemu" },
  ],
  [
    "libvirt",
    { versions: { libvirt: null, qemu: "7.2.0", refusal: null } },
    { code: "hypervisor-missing" },
  ],
  [
    "the right to use libvirt",
    { versions: { libvirt: null, qemu: null, refusal: "Permission denied" } },
    { code: "hypervisor-missing", has: "it refuses this user: Permission denied" },
  ],
  [
    "a later QEMU",
    { versions: { libvirt: "9.0.0", qemu: "6.2.0", refusal: null } },
    { code: "hypervisor-old" },
  ],
  [
    "its firmware",
    { firmware: { file: "/usr/share/OVMF/OVMF_CODE_4M.fd", present: false } },
    { code: "firmware-missing", needs: "/usr/share/OVMF/OVMF_CODE_4M.fd" },
    { via: "qemu" },
  ],
  [
    "its name",
    { domains: [domain({ name: "llm-a", running: false })] },
    {
      code: "name-taken",
      remedy: {
        text: "Remove the definition of llm-a if nobody needs it.",
        argv: [["virsh", "undefine", "--nvram", "llm-a"]],
        when: "live",
        undo: null,
      },
    },
  ],
  [
    "its UUID",
    { emulatorPid: 4711 },
    { code: "name-taken", has: "process 4711 does" },
    { via: "qemu" },
  ],
];

describe("what is missing is told by itself, with what mends it", () => {
  test.each(cases)("%s", (_what, facts, problem, change = {}) => {
    const report = preflight({ ...start, ...change }, { ...good, ...facts });
    expect(report.ready).toBe(false);
    expect(report.problems).toEqual([expect.objectContaining({ severity: "error", ...problem })]);
    expect(report.problems.flatMap(({ remedy }) => malformed(remedy))).toEqual([]);
  });
});

test("memory of base pages is looked at too, and what only spoils it is a warning", () => {
  const facts = factsFor(bare);
  const short = { ...facts, nodes: [{ id: 0, availableBytes: GiB, hugepages: [] }] };
  expect(preflight(startOf(bare), short).problems).toMatchObject([
    { code: "memory-not-free", needs: "4 GiB", has: "1 GiB free or in caches" },
  ]);
  const problems = preflight(startOf(bare), short).problems;
  expect(problems.flatMap(({ remedy }) => malformed(remedy))).toEqual([]);
  const held = [stranger({ vcpus: [{ count: 1, cpus: "0-63" }] })];
  const spoiled = { ...facts, numaBalancing: 1, ksmRun: 1, held };
  expect(preflight(startOf(bare), spoiled)).toMatchObject({
    ready: true,
    problems: [
      { code: "numa-balancing-on", severity: "warning" },
      { code: "ksm-on", severity: "warning" },
      { code: "cpus-shared", severity: "warning", subject: "router" },
    ],
  });
  const warnings = preflight(startOf(bare), spoiled).problems;
  expect(warnings.flatMap(({ remedy }) => malformed(remedy))).toEqual([]);
});

test("a VM that nobody can read prevents a start, unless that is accepted", () => {
  const why = "process 7 belongs to another user";
  const facts = { ...factsFor(bare), unreadable: [{ name: "router", why, seenAs: "vm" as const }] };
  const blocked = preflight(startOf(bare), facts);
  const problem = { code: "domains-unknown", subject: "router", has: why };
  expect(blocked).toMatchObject({ ready: false, problems: [{ ...problem, severity: "error" }] });
  const accepted = preflight({ ...startOf(bare), acceptsUnknown: true }, facts);
  expect(accepted).toMatchObject({ ready: true, problems: [{ ...problem, severity: "warning" }] });
});

test("what any user can make look like a VM prevents no start, and is a warning", () => {
  const claim = { name: "user 1000", why: "process 7 may be a VM", seenAs: "claim" } as const;
  const report = preflight(startOf(bare), { ...factsFor(bare), unreadable: [claim] });
  expect(report).toMatchObject({
    ready: true,
    problems: [
      { code: "domains-unknown", severity: "warning", subject: claim.name, has: claim.why },
    ],
  });
  expect(report.problems[0]?.remedy.text).toMatch(/as root with CAP_SYS_PTRACE/);
  expect(report.problems.flatMap(({ remedy }) => malformed(remedy))).toEqual([]);
});

test("a VM that may run on CPUs of the plan is told, and where else it could run", () => {
  const facts = factsFor(bare);
  const shares = stranger({ vcpus: [{ count: 2, cpus: "0-63" }] });
  const [problem, ...others] = preflight(startOf(bare), { ...facts, held: [shares] }).problems;
  expect(others).toEqual([]);
  expect(problem?.has).toBe(
    `its vCPUs may run on CPUs ${formatList(cpusOfPlan(bare))} of the plan`,
  );
  expect(problem?.remedy.text).toMatch(
    /^Pin them, for example taskset --all-tasks -cp [\d,-]+ 4242;/,
  );
  const remedy = (promised: string, ...beside: readonly Holding[]): string | undefined =>
    preflight(
      { ...startOf(bare), promised: setOf(promised) },
      { ...facts, held: [shares, ...beside] },
    ).problems[0]?.remedy.text;
  const other = (cpus: string) => stranger({ name: "other", vcpus: [{ count: 1, cpus }] });
  expect(remedy("0-9,20-63")).toMatch(/-cp 10-19 4242;/);
  expect(remedy("0-9,20-63", other("11-19"))).toMatch(/^Move its vCPUs to other CPUs/);
  expect(remedy("0-9,20-63", { ...other("12-19"), plan: bare })).toMatch(/-cp 10-11 4242;/);
  // A VM with a plan is checked by its own verdict; one elsewhere shares nothing.
  const planned = { ...shares, plan: bare };
  const elsewhere = { ...shares, vcpus: [{ count: 2, cpus: "900-903" }] };
  const held = [planned, elsewhere];
  expect(preflight(startOf(bare), { ...facts, held }).problems).toEqual([]);
});

test("bridges of a group stay with the host; any other function of it that is left out is told", () => {
  const bridge = { ...disk, bridge: true, driver: "pcieport" };
  expect(preflight(start, { ...good, devices: withNeighbour(bridge) }).problems).toEqual([]);
  const idle = { ...disk, driver: null };
  expect(preflight(start, { ...good, devices: withNeighbour(idle) }).problems).toMatchObject([
    { code: "iommu-group-shared", has: "0000:1c:00.0 stays with the host: the plan leaves it out" },
  ]);
});

test("everything is told at once, errors first", () => {
  const all = preflight(
    { ...start, faults: [{ subject: "topologyDigest", message: "was made for another machine" }] },
    { ...good, iommu: false, vfioPci: false, ksmRun: 1, hugetlbfsBytes: [] },
  );
  expect(all.problems.map(({ code }) => code)).toEqual([
    "plan-outdated",
    "hugetlbfs-not-mounted",
    "iommu-off",
    "vfio-missing",
    "ksm-on",
  ]);
  expect(all.problems.flatMap(({ remedy }) => malformed(remedy))).toEqual([]);
});
