import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { Neighbour } from "@evenkeel/core/evidence/machine-evidence.ts";
import { readGuest } from "../guest-check/read-guest.ts";
import { withChildren } from "../procfs/process-load.ts";
import { startOf } from "../procfs/process-record.ts";
import { shapeOf } from "../qemu/shape.ts";
import {
  askHypervisor,
  type AskOptions,
  type HypervisorAnswers,
  type OrWhy,
} from "./ask-hypervisor.ts";
import type { RunningSubject } from "./find-subject.ts";
import { lastingThreads } from "./lasting-threads.ts";
import type { Around } from "./look-around.ts";
import { openDevices } from "./open-devices.ts";
import { readCoreCpus, readKernel, readNodeCpus } from "./read-host.ts";
import { readEvidence } from "./read-evidence.ts";
import type { Tree } from "../tree/tree.ts";

/** How a subject is read, and what is known of it already. */
export interface SubjectOptions extends AskOptions {
  readonly host: string;
  /** The PCI functions that it is known to have, beside those that are found. */
  readonly devices: readonly string[];
  readonly guest: GuestReport | null;
}

/**
 * Reads the evidence of a subject that was found, with the machine around it. Its threads are
 * looked at twice, so that none counts that comes and goes.
 *
 * Errors: `process-gone` where the process has ended meanwhile and another has its number.
 */
export async function readSubject(
  subject: RunningSubject,
  around: Around,
  options: SubjectOptions,
): Promise<Evidence> {
  const { of, name, process } = subject;
  const { tree } = around.here;
  const { host, clock, guest } = options;
  const startTicks = startOf(tree, process.pid);
  const takenAt = clock.now().toISOString();
  const lasting = lastingThreads(tree, process.pid, clock);
  const asked = of === "vm" ? await askHypervisor(tree, process, options) : null;
  const vm =
    asked === null ? null : { ...asked, guest: guest ?? { why: "no guest report was given" } };
  const evidence = readEvidence(tree, {
    of,
    name,
    host,
    takenAt,
    process,
    whyNoProcess: "",
    devices: devicesOf(subject, around, asked, options.devices),
    vm,
    threadsBefore: await lasting(),
    machine: { ...around.machine, neighbours: neighboursOf(subject, around) },
  });
  const starts = [evidence.process?.startTicks ?? null, startOf(tree, process.pid)];
  if (starts.some((now) => now !== null && now !== startTicks)) throw another(process.pid);
  return { ...evidence, unreadable: [...evidence.unreadable, ...around.unreadable] };
}

function another(pid: number): EvenkeelError {
  const message = `process ${pid} has ended while it was read, and another has its number`;
  return new EvenkeelError("process-gone", message, {
    where: `/proc/${pid}`,
    expected: "the process that was found",
    remedy: "look again",
  });
}

/** The functions that a subject has: by its open files, and of a VM as any source has it. */
function devicesOf(
  { process }: RunningSubject,
  { here: { tree, open } }: Around,
  asked: HypervisorAnswers | null,
  known: readonly string[],
): OrWhy<readonly string[]> {
  const files = open.get(process.pid) ?? null;
  const monitor = asked === null || "why" in asked.monitor ? null : asked.monitor.shape;
  const libvirt = asked === null || "why" in asked.libvirt ? null : asked.libvirt;
  const line = process.arguments.length === 0 ? null : shapeOf(process.arguments, "");
  const shapes = [line, monitor, libvirt].filter((shape) => shape !== null);
  if (files === null && shapes.length === 0) return { why: "its open files may not be read" };
  const shaped = shapes.flatMap(({ devices }) => devices ?? []);
  const all = [
    ...known,
    ...openDevices(tree, files ?? []),
    ...shaped.map(({ hostAddress }) => hostAddress),
  ];
  return [...new Set(all)].toSorted();
}

/** All but the subject itself, what it has started, and the program that reads. */
function neighboursOf(
  { process: { pid }, pids }: RunningSubject,
  { here: { tree }, neighbours, loads }: Around,
): readonly Neighbour[] {
  const own = withChildren(new Set([...pids, pid]), loads);
  if (tree.live) own.add(process.pid);
  return neighbours.filter((one) => one.pid === null || !own.has(one.pid));
}

/** The evidence of a machine without any subject: what runs there is its neighbours. */
export function machineEvidence(
  { here: { tree }, machine, neighbours, unreadable }: Around,
  host: string,
  takenAt: string,
): Evidence {
  return {
    apiVersion: "evenkeel/v1",
    kind: "Evidence",
    of: "machine",
    name: host,
    host,
    takenAt,
    process: null,
    threads: null,
    memory: null,
    cgroups: [],
    kernel: readKernel(tree),
    nodes: readNodeCpus(tree),
    cores: readCoreCpus(tree),
    devices: [],
    shapes: [],
    guest: ownReport(tree),
    machine: { ...machine, neighbours },
    unreadable,
  };
}

/**
 * What a machine that is itself a guest reports of itself; null where it is none. What it says of
 * its accelerators is in the machine's evidence already.
 */
function ownReport(tree: Tree): GuestReport | null {
  const report = readGuest(tree, {});
  return (report.cpu?.flags ?? []).includes("hypervisor") ? report : null;
}
