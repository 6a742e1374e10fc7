import type { ShapeEvidence } from "@evenkeel/core/evidence/evidence.ts";
import { type Domain, dumpLiveXml, libvirtMonitor } from "../hypervisor/libvirt/ask-domain.ts";
import type { Clock } from "../clock/clock.ts";
import { readLiveDomain } from "../libvirt/live-domain.ts";
import { type FoundProcess, isLibvirts } from "../procfs/find-process.ts";
import { isOfLibvirt, monitorSocket } from "../qemu/command-line.ts";
import { isSafeName } from "../qemu/safe-name.ts";
import { withMonitor } from "../qmp/client.ts";
import { type MonitorReading, readMonitor } from "../qmp/read.ts";
import type { Tree } from "../tree/tree.ts";

/** How the hypervisor of a VM is asked. */
export interface AskOptions {
  /** The socket of the monitor, if it is not on the command line. */
  readonly qmp?: string | undefined;
  /** The libvirt to ask if the VM is a libvirt domain. */
  readonly libvirtUri: string;
  readonly clock: Clock;
}

/** What the monitor and libvirt say of a VM, or why they say nothing. */
export interface HypervisorAnswers {
  readonly monitor: OrWhy<MonitorReading>;
  readonly libvirt: OrWhy<ShapeEvidence>;
}

export type OrWhy<T> = T | { readonly why: string };

/**
 * Asks QEMU's monitor and libvirt about a VM: the monitor through its socket, or through libvirt
 * where that runs the VM and so holds the socket. A recorded machine has a file of libvirt's at
 * most.
 *
 * @param process the VM's; null where there is none.
 */
export async function askHypervisor(
  tree: Tree,
  process: FoundProcess | null,
  options: AskOptions,
): Promise<HypervisorAnswers> {
  const domain = process === null ? null : domainOf(tree, process);
  return {
    monitor: await monitorOf(tree, process, domain, options),
    libvirt: await libvirtOf(tree, domain, options.libvirtUri),
  };
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
  { qmp, libvirtUri, clock }: AskOptions,
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
    const shape = readLiveDomain(text, "xml" in dumped ? `virsh dumpxml ${domain.name}` : kept);
    return { ...shape, managedSave: hasSavedState(tree, domain.name) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

const savedFolder = "/var/lib/libvirt/qemu/save";

/** Whether the system's libvirt keeps a saved state; null where its folder may not be read. */
function hasSavedState(tree: Tree, name: string): boolean | null {
  const isOpen = !tree.live || globalThis.process.geteuid?.() === 0;
  if (!isOpen || tree.realPath(savedFolder) === null) return null;
  return tree.realPath(`${savedFolder}/${name}.save`) !== null;
}
