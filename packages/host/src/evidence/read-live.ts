import type { Evidence, ShapeEvidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { ProcessRecord } from "@evenkeel/core/instance/instance.ts";
import { guestName, guestUuid } from "@evenkeel/core/guest/name.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import { readLiveDomain } from "../libvirt/live-domain.ts";
import { type Domain, dumpLiveXml, libvirtMonitor } from "../hypervisor/libvirt/ask-domain.ts";
import { threadIds } from "../procfs/read-threads.ts";
import type { Clock } from "../clock/clock.ts";
import { findProcess, type FoundProcess, isLibvirts, processOf } from "../procfs/find-process.ts";
import { isOfLibvirt, monitorSocket } from "../qemu/command-line.ts";
import { isSafeName } from "../qemu/safe-name.ts";
import { withMonitor } from "../qmp/client.ts";
import { type MonitorReading, readMonitor } from "../qmp/read.ts";
import type { Tree } from "../tree/tree.ts";
import { readEvidence } from "./read-evidence.ts";

/** How the VM is found, and what is known of it already. */
export interface LiveOptions {
  readonly host: string;
  readonly takenAt: string;
  /** The UUID of the VM, if it is known. Then no process is accepted by its name alone. */
  readonly uuid?: string | undefined;
  /** The process that was recorded when the VM was started. */
  readonly record?: ProcessRecord | null | undefined;
  /** The process of the VM, if the caller knows it. */
  readonly pid?: number | undefined;
  /** The socket of the monitor, if it is not on the command line. */
  readonly qmp?: string | undefined;
  /** The libvirt to ask if the VM is a libvirt domain. */
  readonly libvirtUri: string;
  readonly guest: GuestReport | null;
  readonly clock: Clock;
}

type OrWhy<T> = T | { readonly why: string };

/**
 * Reads the evidence about the VM of a plan. On a live machine it also asks the monitor and
 * libvirt: the monitor through its socket, or through libvirt where that runs the VM and so holds
 * the socket. Its threads are looked at twice, so that none counts that comes and goes.
 */
export async function readLiveEvidence(
  tree: Tree,
  plan: Plan,
  options: LiveOptions,
): Promise<Evidence> {
  const name = guestName(plan.vm, plan.tenant);
  const { process, whyNoProcess } = findPlannedProcess(tree, name, plan, options);
  const domain = process === null ? null : domainOf(tree, process);
  const threadsBefore =
    process === null || !tree.live ? null : new Set(threadIds(tree, process.pid));
  const lookedAt = options.clock.monotonicMs();
  const monitor = await monitorOf(tree, process, domain, options);
  const libvirt = await libvirtOf(tree, domain, options.libvirtUri);
  const waited = options.clock.monotonicMs() - lookedAt;
  if (threadsBefore !== null && waited < lastingMs) await options.clock.sleep(lastingMs - waited);
  return readEvidence(tree, {
    name: plan.vm,
    host: options.host,
    takenAt: options.takenAt,
    process,
    whyNoProcess,
    devices: plan.devices.flatMap(functionsOf),
    monitor,
    libvirt,
    guest: options.guest ?? { why: "no guest report was given" },
    threadsBefore,
  });
}

/** A thread that is younger than this may be one that comes and goes. */
const lastingMs = 100;

/** Finds the process by its id or record, by the UUID, or by the name and UUID of the plan. */
function findPlannedProcess(
  tree: Tree,
  name: string,
  { vm, tenant }: Plan,
  { pid, uuid, record = null }: LiveOptions,
): { readonly process: FoundProcess | null; readonly whyNoProcess: string } {
  if (pid !== undefined) {
    const whyNoProcess = `process ${pid} does not exist or is not an emulator`;
    return { process: processOf(tree, pid), whyNoProcess };
  }
  const sought = uuid === undefined ? { name, uuid: guestUuid(vm, tenant) } : { name: null, uuid };
  const search = findProcess(tree, { ...sought, record, pidFile: null });
  switch (search.kind) {
    case "found":
      return { process: search.process, whyNoProcess: "" };
    case "ambiguous": {
      const whyNoProcess = `any of the processes ${search.pids.join(", ")} could be it`;
      return { process: null, whyNoProcess };
    }
    case "none":
      return { process: null, whyNoProcess: whyNone(sought, record) };
  }
}

function whyNone(
  { name, uuid }: { readonly name: string | null; readonly uuid: string },
  record: ProcessRecord | null,
): string {
  if (record !== null) return `process ${record.pid}, which was started for it, has ended`;
  const words = name === null ? `the UUID ${uuid}` : `the name ${name} or the UUID ${uuid}`;
  return `no QEMU of root, of libvirt or of this user has ${words} on its command line`;
}

/**
 * The domain of a process that libvirt runs. The system's libvirt keeps the process id in a file;
 * others, such as a user's, keep it elsewhere, and are recognized by the command line.
 */
function domainOf(tree: Tree, process: FoundProcess): Domain | null {
  const { name, uuid } = process.identity;
  if (name === null || !isSafeName(name)) return null;
  return isLibvirts(tree, process) || isOfLibvirt(process.arguments) ? { name, uuid } : null;
}

async function monitorOf(
  tree: Tree,
  process: FoundProcess | null,
  domain: Domain | null,
  { qmp, libvirtUri, clock }: LiveOptions,
): Promise<OrWhy<MonitorReading>> {
  if (process === null) return { why: "there is no process" };
  if (!tree.live) return { why: "a recorded machine answers no more" };
  const socket = qmp ?? monitorSocket(process.arguments);
  try {
    if (socket !== null) return await withMonitor(socket, readMonitor);
    if (domain === null) return { why: "its command line names no socket for QMP" };
    return await readMonitor(libvirtMonitor(libvirtUri, domain, clock));
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

async function libvirtOf(
  tree: Tree,
  domain: Domain | null,
  uri: string,
): Promise<OrWhy<ShapeEvidence>> {
  if (domain === null) return { why: "libvirt does not run the VM" };
  const dumped = tree.live
    ? await dumpLiveXml(uri, domain)
    : { why: "a recorded machine answers no more" };
  const kept = `/run/libvirt/qemu/${domain.name}.xml`;
  // The file that libvirt keeps to find its domains after a restart has the live definition too.
  const text = "xml" in dumped ? dumped.xml : tree.readText(kept);
  if (text === null) return "why" in dumped ? dumped : { why: `there is no ${kept}` };
  try {
    return readLiveDomain(text, "xml" in dumped ? `virsh dumpxml ${domain.name}` : kept);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
