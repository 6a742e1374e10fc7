import type { Evidence, ShapeEvidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import { readCgroups } from "../cgroup/read-cgroups.ts";
import type { FoundProcess } from "../procfs/find-process.ts";
import { parseStatus } from "../procfs/parse-task.ts";
import type { CellBackend } from "../procfs/attribute-memory.ts";
import { readMemory } from "../procfs/read-memory.ts";
import { type ReadThreads, readThreads } from "../procfs/read-threads.ts";
import { qemuOptions } from "../qemu/command-line.ts";
import { backendsOf, shapeOf } from "../qemu/shape.ts";
import { sizeBytes } from "../qemu/options.ts";
import type { MonitorReading } from "../qmp/read.ts";
import { readIndex } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import { readDevices } from "./read-devices.ts";
import { readCoreCpus, readKernel, readNodeCpus } from "./read-host.ts";

/** What to read evidence about, with the answers of the monitor, libvirt and the guest. */
export interface EvidenceRequest {
  readonly name: string;
  readonly host: string;
  readonly takenAt: string;
  /** The process of the VM; null if there is none, for the reason below. */
  readonly process: FoundProcess | null;
  readonly whyNoProcess: string;
  /** The PCI functions of the plan, companions included. */
  readonly devices: readonly string[];
  readonly monitor: MonitorReading | { readonly why: string };
  readonly libvirt: ShapeEvidence | { readonly why: string };
  readonly guest: GuestReport | { readonly why: string };
  /** The threads of the process at an earlier look; null where there was none. */
  readonly threadsBefore: ReadonlySet<number> | null;
}

/**
 * Reads the state of a VM. It reads through a tree, so a recorded machine gives the same evidence
 * as a live one, and it changes nothing.
 *
 * The cost is a few small files per thread and device, and one file that grows with the memory of
 * the guest: see `readMemory`.
 */
export function readEvidence(tree: Tree, request: EvidenceRequest): Evidence {
  const { name, host, takenAt, process, monitor, libvirt, guest, threadsBefore } = request;
  const unreadable: Unreadable[] = [];
  const noteMissing = <T>(what: string, value: T | null, why: string): T | null => {
    if (value === null) unreadable.push({ what, why });
    return value;
  };
  const valueOrNote = <T extends object>(
    what: string,
    value: T | { readonly why: string },
  ): T | null => {
    if (!("why" in value)) return value;
    unreadable.push({ what, why: value.why });
    return null;
  };
  const reading = valueOrNote("monitor", monitor);
  const domain = valueOrNote("libvirt", libvirt);
  const notPermitted =
    process === null ? request.whyNoProcess : "the file cannot be read, or the process has ended";
  const threads = process === null ? null : readThreads(tree, process.pid, reading, threadsBefore);
  const shape =
    process === null ? null : shapeOf(process.arguments, `/proc/${process.pid}/cmdline`);
  const memory =
    process === null
      ? null
      : readMemory(tree, process.pid, cellBackends(process, shape), reading?.ram ?? []);
  noteMissing("process", process, request.whyNoProcess);
  noteMissing("threads", threads, notPermitted);
  noteMissing("memory", memory, notPermitted);
  noteMissing("command line", shape, notPermitted);
  const kernel = readKernel(tree);
  const noFile = (path: string): string => `this kernel has no ${path}`;
  noteMissing("NUMA balancing", kernel.numaBalancing, noFile("/proc/sys/kernel/numa_balancing"));
  noteMissing("same-page merging", kernel.ksmRun, noFile("/sys/kernel/mm/ksm/run"));
  const devices = readDevices(tree, request.devices);
  if (devices.some(({ interrupts }) => interrupts === null)) {
    noteMissing("interrupts", null, "/proc/interrupts was not read");
  }
  const cgroups = readCgroups(tree, threads?.cgroups ?? []);
  if (cgroups.every(({ effectiveCpus, cpus }) => (cpus ?? effectiveCpus) === null)) {
    noteMissing("cgroups", null, "the VM's cgroups have no cpuset controller");
  }
  return {
    apiVersion: "evenkeel/v1",
    kind: "Evidence",
    of: "vm",
    name,
    host,
    takenAt,
    process: process === null ? null : processEvidence(tree, process, threads),
    threads: threads?.threads ?? null,
    memory,
    cgroups,
    kernel,
    nodes: noteMissing("nodes", readNodeCpus(tree), "there is no /sys/devices/system/node"),
    cores: noteMissing(
      "cores",
      readCoreCpus(tree),
      "there is no topology in /sys/devices/system/cpu",
    ),
    devices,
    shapes: [shape, reading?.shape ?? null, domain].filter((one) => one !== null),
    guest: valueOrNote("guest report", guest),
    machine: null,
    unreadable,
  };
}

function processEvidence(
  tree: Tree,
  { pid, identity }: FoundProcess,
  threads: ReadThreads | null,
): Evidence["process"] {
  const where = `/proc/${pid}`;
  const files = tree.list(`${where}/fd`);
  const vfio = files
    .map((name) => tree.readLink(`${where}/fd/${name}`))
    .filter((link) => link !== null && /^\/dev\/vfio\/(?:devices\/)?[a-z0-9-]{1,32}$/.test(link))
    .filter((link) => link !== null);
  return {
    pid,
    where,
    ...identity,
    threadCount:
      threads === null
        ? parseStatus(tree.readText(`${where}/status`) ?? "").threads
        : threads.count,
    hugeMemory: null,
    mergedPages: readIndex(tree, `${where}/ksm_merging_pages`),
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
