import type {
  Evidence,
  MemoryMapping,
  ProcessEvidence,
  ShapeEvidence,
} from "@evenkeel/core/evidence/evidence.ts";
import type { MachineEvidence } from "@evenkeel/core/evidence/machine-evidence.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import { readCgroups } from "../cgroup/read-cgroups.ts";
import type { FoundProcess } from "../procfs/find-process.ts";
import { parseStatus } from "../procfs/parse-task.ts";
import type { CellBackend } from "../procfs/attribute-memory.ts";
import { readBinding } from "../procfs/read-binding.ts";
import { readMemory } from "../procfs/read-memory.ts";
import { startOf, userOf } from "../procfs/process-record.ts";
import { readMemorySummary, readProcessMemory } from "../procfs/read-process-memory.ts";
import { type ReadThreads, readThreads } from "../procfs/read-threads.ts";
import { qemuOptions } from "../qemu/command-line.ts";
import { backendsOf, shapeOf } from "../qemu/shape.ts";
import { sizeBytes } from "../qemu/options.ts";
import { readIndex } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import type { HypervisorAnswers, OrWhy } from "./ask-hypervisor.ts";
import { readDevices } from "./read-devices.ts";
import { readCoreCpus, readKernel, readNodeCpus } from "./read-host.ts";

/** What to read evidence about, and what was asked and read of it already. */
export interface EvidenceRequest {
  readonly of: Evidence["of"];
  readonly name: string;
  readonly host: string;
  readonly takenAt: string;
  /** Null if there is none, for the reason below. Without arguments it is no QEMU. */
  readonly process: FoundProcess | null;
  readonly whyNoProcess: string;
  /** The PCI functions to read: of a plan, companions included, or what the subject has. */
  readonly devices: OrWhy<readonly string[]>;
  /** What was asked about a VM; null for anything else. */
  readonly vm: (HypervisorAnswers & { readonly guest: OrWhy<GuestReport> }) | null;
  /** The threads of the process at an earlier look; null where there was none. */
  readonly threadsBefore: ReadonlySet<number> | null;
  /** The machine around it; null where only the subject counts. */
  readonly machine: MachineEvidence | null;
}

/**
 * Reads the state of a VM, process or container. It reads through a tree, so a recorded machine
 * gives the same evidence as a live one, and it changes nothing.
 *
 * The cost is a few small files per thread and device, and one file that grows with the memory: see
 * `readMemory`. With the machine around it, how much lies in huge pages is read too, which costs as
 * much again.
 */
export function readEvidence(tree: Tree, request: EvidenceRequest): Evidence {
  const { of, name, host, takenAt, process, whyNoProcess, vm, threadsBefore, machine } = request;
  const { unreadable, noteMissing, valueOrNote } = notes();
  const reading = vm === null ? null : valueOrNote("monitor", vm.monitor);
  const domain = vm === null ? null : valueOrNote("libvirt", vm.libvirt);
  const why = process === null ? whyNoProcess : whyUnread(tree, process.pid);
  const read = process === null ? null : readProcessParts(tree, process, vm, threadsBefore);
  noteMissing("process", process, whyNoProcess);
  const threads = noteMissing("threads", read?.threads?.threads ?? null, why);
  if (of === "vm" && threads?.some(({ role }) => role === null) === true) {
    noteMissing("roles of threads", null, "they have no names of their own, and no monitor told");
  }
  noteMissing("memory", read?.memory ?? null, why);
  if (vm !== null) {
    const isQemu = process === null || process.arguments.length > 0;
    noteMissing("command line", read?.shape ?? null, isQemu ? why : "it is no QEMU");
  }
  const summary =
    process === null || machine === null ? null : readMemorySummary(tree, process.pid);
  const hugeMemory =
    summary === null ? null : noteMissing("memory in huge pages", summary.hugeMemory, why);
  const swappedBytes = summary?.swappedBytes ?? null;
  const kernel = readKernel(tree);
  const noFile = (path: string): string => `this kernel has no ${path}`;
  noteMissing("NUMA balancing", kernel.numaBalancing, noFile("/proc/sys/kernel/numa_balancing"));
  noteMissing("same-page merging", kernel.ksmRun, noFile("/sys/kernel/mm/ksm/run"));
  const devices = readDevices(tree, valueOrNote("devices", request.devices) ?? []);
  if (devices.some(({ interrupts }) => interrupts === null)) {
    noteMissing("interrupts", null, "/proc/interrupts was not read");
  }
  const cgroups = readCgroups(tree, read?.threads?.cgroups ?? []);
  if (cgroups.every(({ effectiveCpus, cpus }) => (cpus ?? effectiveCpus) === null)) {
    noteMissing("cgroups", null, "its cgroups have no cpuset controller");
  }
  return {
    apiVersion: "evenkeel/v1",
    kind: "Evidence",
    of,
    name,
    host,
    takenAt,
    process:
      process === null
        ? null
        : { ...processEvidence(tree, process, read?.threads ?? null), hugeMemory, swappedBytes },
    threads,
    memory: read?.memory ?? null,
    cgroups,
    kernel,
    nodes: noteMissing("nodes", readNodeCpus(tree), "there is no /sys/devices/system/node"),
    cores: noteMissing(
      "cores",
      readCoreCpus(tree),
      "there is no topology in /sys/devices/system/cpu",
    ),
    devices,
    shapes: [read?.shape ?? null, reading?.shape ?? null, domain].filter((one) => one !== null),
    guest: vm === null ? null : valueOrNote("guest report", vm.guest),
    machine,
    unreadable,
  };
}

/** Takes down what could not be read, and why. */
function notes() {
  const unreadable: Unreadable[] = [];
  return {
    unreadable,
    noteMissing: <T>(what: string, value: T | null, why: string): T | null => {
      if (value === null) unreadable.push({ what, why });
      return value;
    },
    valueOrNote: <T extends object>(what: string, value: OrWhy<T>): T | null => {
      if (!("why" in value)) return value;
      unreadable.push({ what, why: value.why });
      return null;
    },
  };
}

/** Why the files of a process that is there were not read. */
function whyUnread(tree: Tree, pid: number): string {
  const user = userOf(tree, pid);
  const isOpen = tree.list(`/proc/${pid}/fd`).length > 0;
  if (!tree.live || user === null || isOpen) {
    return "the file cannot be read, or the process has ended";
  }
  const remedy = globalThis.process.geteuid?.() === 0 ? "" : ": run as root";
  return `process ${pid} of user ${user} may not be looked into${remedy}`;
}

interface ProcessParts {
  readonly threads: ReadThreads | null;
  readonly memory: MemoryMapping[] | null;
  /** Of a VM that QEMU runs. */
  readonly shape: ShapeEvidence | null;
}

function readProcessParts(
  tree: Tree,
  process: FoundProcess,
  vm: EvidenceRequest["vm"],
  threadsBefore: ReadonlySet<number> | null,
): ProcessParts {
  const { pid } = process;
  const reading = vm === null || "why" in vm.monitor ? null : vm.monitor;
  const threads = readThreads(tree, pid, reading, threadsBefore);
  if (vm === null || process.arguments.length === 0) {
    const memory = readProcessMemory(tree, pid);
    return { threads: vm === null ? withoutRoles(threads) : threads, memory, shape: null };
  }
  const shape = shapeOf(process.arguments, `/proc/${pid}/cmdline`);
  const backends = cellBackends(process, shape);
  return { threads, memory: readMemory(tree, pid, backends, reading?.ram ?? []), shape };
}

/** Whatever its threads are called, a process that is no VM has none with a role in one. */
function withoutRoles(read: ReadThreads | null): ReadThreads | null {
  if (read === null) return null;
  return { ...read, threads: read.threads.map((thread) => ({ ...thread, role: null })) };
}

function processEvidence(
  tree: Tree,
  { pid, identity }: FoundProcess,
  threads: ReadThreads | null,
): Omit<ProcessEvidence, "hugeMemory" | "swappedBytes"> {
  const where = `/proc/${pid}`;
  const files = tree.list(`${where}/fd`);
  const vfio = files
    .map((name) => tree.readLink(`${where}/fd/${name}`))
    .filter((link) => link !== null && /^\/dev\/vfio\/(?:devices\/)?[a-z0-9-]{1,32}$/.test(link))
    .filter((link) => link !== null);
  return {
    pid,
    startTicks: startOf(tree, pid),
    where,
    ...identity,
    threadCount:
      threads === null
        ? parseStatus(tree.readText(`${where}/status`) ?? "").threads
        : threads.count,
    mergedPages: readIndex(tree, `${where}/ksm_merging_pages`),
    binding: readBinding(tree, pid),
    vfioFiles: files.length === 0 ? null : [...new Set(vfio)].toSorted(),
  };
}

/** The backends and their cells. The memory of a guest without nodes is a single backend. */
function cellBackends(
  { arguments: words }: FoundProcess,
  shape: ShapeEvidence | null,
): CellBackend[] {
  const options = qemuOptions(words);
  const cells = shape?.cells ?? [];
  const named = backendsOf(options).map((backend) => ({
    ...backend,
    cell: cells.find((cell) => cell.backend === backend.id)?.id ?? null,
  }));
  if (named.length > 0) return named;
  const size = options.findLast(({ name }) => name === "m")?.options.get("size")?.[0];
  return [{ id: "pc.ram", bytes: sizeBytes(size, "M"), policy: null, path: null, cell: null }];
}
