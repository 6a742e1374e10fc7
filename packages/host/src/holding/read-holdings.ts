import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { HeldCpus, HeldMemory, Holding } from "@evenkeel/core/plan/holding.ts";
import { formatList, parseList, setOf } from "@evenkeel/core/set/list-format.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { attribute, child, textOf, type XmlElement } from "@evenkeel/core/xml/element.ts";
import type { Domain } from "../hypervisor/libvirt/domains.ts";
import { pinsOf } from "../libvirt/live-domain.ts";
import type { UnreadableVm } from "@evenkeel/core/preflight/facts.ts";
import { isRunning, userOf } from "../procfs/process-record.ts";
import { readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import { closedVms } from "./closed-processes.ts";
import { type Emulator, findEmulators, type FoundEmulators } from "./emulators.ts";
import { heldCpus } from "./held-cpus.ts";
import { heldDevices } from "./held-devices.ts";
import {
  basePageBytes,
  countedOnce,
  lookedAtBytes,
  mappedMemory,
  nothingMapped,
} from "./held-memory.ts";

/** What a VM on this machine holds. */
export interface HeldHere extends Holding {
  /** The UUID of the libvirt domain that it is; null if it is none. */
  readonly domain: string | null;
}

/** A VM whose plan is known; its process only where it is recorded. */
export type PlannedVm = Pick<Instance, "plan" | "uuid" | "process">;

/** What the VMs that run on this machine hold, and those of which that cannot be read. */
export interface Holdings {
  readonly held: readonly HeldHere[];
  readonly unreadable: readonly UnreadableVm[];
}

/**
 * Reads what every VM on this machine really holds, whoever started it: by the threads, memory and
 * open files of its process, and by libvirt's live definition. A VM that libvirt runs where its
 * process cannot be seen is counted by that definition alone.
 *
 * @param instances the VMs whose plans are known, by their records or otherwise. Those that run are
 *   matched with their plans.
 * @param domains the VMs that libvirt lists for this machine; none where it does not answer.
 * @param found the processes that run VMs, if the caller has looked for them already.
 */
export function readHoldings(
  tree: Tree,
  instances: readonly PlannedVm[],
  domains: readonly Domain[],
  found: FoundEmulators = findEmulators(tree),
): Holdings {
  const running = domains.filter((domain) => domain.running);
  const unreadable: UnreadableVm[] = [...closedVms(tree, found.closed)];
  // What two processes share belongs to the VM rather than to a program that serves it.
  const emulators = found.emulators.toSorted((a, b) => Number(b.runsVm) - Number(a.runsVm));
  const memory = memoryOfAll(tree, emulators);
  // Any user can run a QEMU with the UUID of a domain. It is not that domain.
  const domainOf = ({ uuid, isTrusted }: Emulator): Domain | undefined =>
    isTrusted ? running.find((one) => one.uuid === uuid) : undefined;
  const ofProcesses = emulators.map((emulator, i): HeldHere => {
    const { pid } = emulator;
    const domain = domainOf(emulator);
    if (emulator.files === null && (domain?.definition ?? null) === null) {
      const user = userOf(tree, pid);
      const why = `process ${pid} of user ${user ?? "unknown"} may not be looked into, so its devices and memory are unknown`;
      unreadable.push({ name: emulator.name, why, seenAs: "vm" });
    }
    return {
      name: domain?.name ?? emulator.name,
      pid,
      plan: instances.find((one) => isOf(tree, one, emulator))?.plan ?? null,
      vcpus: heldCpus(tree, emulator),
      memory: at(memory, i),
      devices: [...new Set([...heldDevices(tree, emulator.files), ...(domain?.devices ?? [])])],
      domain: domain?.uuid ?? null,
    };
  });
  const seen = new Set(ofProcesses.map(({ domain }) => domain));
  const online = readLine(tree, "/sys/devices/system/cpu/online") ?? "";
  const ofDomains = running
    .filter(({ uuid }) => !seen.has(uuid))
    .flatMap(({ name, uuid, devices, definition }): HeldHere[] => {
      if (definition === null) {
        unreadable.push({
          name,
          why: "its process is not seen here, and libvirt does not show it",
          seenAs: "vm",
        });
        return [];
      }
      const plan = instances.find((one) => one.uuid === uuid)?.plan ?? null;
      const vcpus = definedCpus(definition, online);
      return [{ name, pid: null, plan, vcpus, memory: [], devices, domain: uuid }];
    });
  return { held: [...ofProcesses, ...ofDomains], unreadable };
}

/** The memory of each, as far as it is looked at. */
function memoryOfAll(
  tree: Tree,
  emulators: readonly Emulator[],
): readonly (readonly HeldMemory[])[] {
  let left = lookedAtBytes;
  const mapped = emulators.map((emulator) => {
    const bytes = basePageBytes(tree, emulator.pid);
    if (bytes > left) return nothingMapped;
    left -= bytes;
    return mappedMemory(tree, emulator);
  });
  return countedOnce(mapped);
}

/**
 * Whether a process runs a recorded VM: it is the recorded one. If none is recorded, it has the
 * VM's UUID and can be trusted. What it holds beyond the plan counts all the same.
 */
function isOf(tree: Tree, { process, uuid }: PlannedVm, emulator: Emulator): boolean {
  if (process === null) return uuid === emulator.uuid && emulator.isTrusted;
  return process.pid === emulator.pid && isRunning(tree, process);
}

/** The CPUs of a domain's vCPUs, by its live definition. Without pins they may run everywhere. */
function definedCpus(domain: XmlElement, online: string): readonly HeldCpus[] {
  const vcpu = child(domain, "vcpu");
  if (vcpu === null) return [];
  const text = attribute(vcpu, "current") ?? textOf(vcpu).trim();
  const total = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 1;
  const everywhere = parseList(attribute(vcpu, "cpuset") ?? "?") ?? setOf(online);
  const pins = (pinsOf(domain)?.vcpus ?? []).filter(({ id }) => id < total);
  const floating = total - pins.length;
  return [
    ...pins.map(({ cpus }) => ({ count: 1, cpus })),
    ...(floating > 0 ? [{ count: floating, cpus: formatList(everywhere) }] : []),
  ];
}
