import type { Evidence, ShapeEvidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import { guestName, guestUuid } from "@evenkeel/core/guest/name.ts";
import type { Plan } from "@evenkeel/core/placement/plan.ts";
import { readLiveDomain } from "../libvirt/live-domain.ts";
import { dumpLiveXml, libvirtMonitor } from "../libvirt/virsh.ts";
import { findProcess, type FoundProcess, processOf } from "../procfs/find-process.ts";
import { monitorSocket } from "../qemu/command-line.ts";
import { isSafeName } from "../qemu/safe-name.ts";
import { withMonitor } from "../qmp/client.ts";
import { type MonitorReading, readMonitor } from "../qmp/read.ts";
import type { Tree } from "../tree/tree.ts";
import { readEvidence } from "./read-evidence.ts";

export interface LiveOptions {
  readonly host: string;
  readonly takenAt: string;
  /** The VM's process, where whoever asks knows it. */
  readonly pid?: number | undefined;
  /** The monitor's socket, where it is not on the command line. */
  readonly qmp?: string | undefined;
  readonly guest: GuestReport | null;
}

type OrWhy<T> = T | { readonly why: string };

/**
 * The evidence of a plan's VM on a machine. Of a live one the monitor and libvirt are asked too: the
 * monitor through its socket, or, where libvirt runs the VM and so holds the socket, through libvirt.
 */
export async function readLiveEvidence(
  tree: Tree,
  plan: Plan,
  options: LiveOptions,
): Promise<Evidence> {
  const name = guestName(plan.vm, plan.tenant);
  const sought = { name, uuid: guestUuid(plan.vm, plan.tenant) };
  const { pid } = options;
  const process = pid === undefined ? findProcess(tree, sought) : processOf(tree, pid);
  const domain = process === null ? null : domainOf(tree, process);
  return readEvidence(tree, {
    vm: plan.vm,
    host: options.host,
    takenAt: options.takenAt,
    process,
    whyNoProcess:
      pid === undefined
        ? `no process has the name ${name} or the UUID ${sought.uuid} on its command line`
        : `there is no process ${pid} of an emulator`,
    devices: plan.devices.flatMap(({ address, companions }) => [address, ...companions]),
    monitor: await monitorOf(tree, process, domain, options.qmp),
    libvirt: await libvirtOf(tree, domain),
    guest: options.guest ?? { why: "no guest report was given" },
  });
}

/** What libvirt calls the domain, where it is libvirt that runs the process. */
function domainOf(tree: Tree, { pid, identity }: FoundProcess): string | null {
  const { name } = identity;
  if (name === null || !isSafeName(name)) return null;
  return tree.readText(`/run/libvirt/qemu/${name}.pid`)?.trim() === `${pid}` ? name : null;
}

async function monitorOf(
  tree: Tree,
  process: FoundProcess | null,
  domain: string | null,
  given: string | undefined,
): Promise<OrWhy<MonitorReading>> {
  if (process === null) return { why: "there is no process" };
  if (!tree.live) return { why: "a recorded machine answers no more" };
  const socket = given ?? monitorSocket(process.arguments);
  if (socket === null && domain === null)
    return { why: "its command line names no socket for QMP" };
  try {
    if (socket === null) return await readMonitor(libvirtMonitor(domain ?? ""));
    return await withMonitor(socket, readMonitor);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

async function libvirtOf(tree: Tree, domain: string | null): Promise<OrWhy<ShapeEvidence>> {
  if (domain === null) return { why: "libvirt does not run the VM" };
  const dumped = tree.live
    ? await dumpLiveXml(domain)
    : { why: "a recorded machine answers no more" };
  const kept = `/run/libvirt/qemu/${domain}.xml`;
  // What libvirt keeps for itself, to know its domains again, holds the live definition as well.
  const text = "xml" in dumped ? dumped.xml : tree.readText(kept);
  if (text === null) return "why" in dumped ? dumped : { why: `there is no ${kept}` };
  try {
    return readLiveDomain(text, "xml" in dumped ? `virsh dumpxml ${domain}` : kept);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
