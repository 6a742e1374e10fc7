import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { guestArchitecture, guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { firmwareFileOf } from "@evenkeel/core/guest/qemu/firmware.ts";
import type { Guest } from "@evenkeel/core/guest/guest.ts";
import { devicePorts } from "@evenkeel/core/guest/guest.ts";
import { limitsHere, versionOf } from "@evenkeel/core/guest/versions.ts";
import { guestName } from "@evenkeel/core/guest/name.ts";
import type { HypervisorName, Instance } from "@evenkeel/core/instance/instance.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import { planFaults } from "@evenkeel/core/plan/check/plan-check.ts";
import { wholeCores } from "@evenkeel/core/plan/check/plan-held.ts";
import { unionAll } from "@evenkeel/core/set/index-set.ts";
import type { PlanFault } from "@evenkeel/core/plan/check/plan-facts.ts";
import { cpusOfPlan, type Plan } from "@evenkeel/core/plan/plan.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import { preflight } from "@evenkeel/core/preflight/preflight.ts";
import type { HypervisorAnswer } from "@evenkeel/core/preflight/facts.ts";
import type { PreflightReport } from "@evenkeel/core/preflight/problem.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { hypervisorOf } from "../instance/hypervisor-of.ts";
import type { StartOptions } from "../hypervisor/hypervisor.ts";
import { findEmulators } from "../holding/emulators.ts";
import { readHoldings } from "../holding/read-holdings.ts";
import { type Patience, patienceFor } from "../hypervisor/patience.ts";
import { onThisMachine, readDomains } from "../hypervisor/libvirt/domains.ts";
import { refuseUnsafeNetworks } from "../hypervisor/libvirt/networks.ts";
import { readOpenFiles } from "../procfs/open-files.ts";
import { readFacts } from "../preflight/read-facts.ts";
import { libvirtVersions, qemuVersions } from "../preflight/read-versions.ts";
import { readDrivers } from "../vfio/drivers.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { LocalHost, VmHost } from "./host.ts";

/** A VM to start. */
export interface VmToStart {
  readonly request: Request;
  /** The plan to run it by; null to place it now. */
  readonly plan: Plan | null;
  readonly flavors: readonly Request[];
  readonly policy: HostPolicy;
  readonly via: HypervisorName;
  /** What it starts from, apart from its plan. */
  readonly options: StartOptions;
  /** Start although nobody can read what some VM on the host holds. */
  readonly acceptsUnknown?: boolean;
}

/** What libvirt says before anything is decided; null where QEMU alone runs the VM. */
export type AskedLibvirt = HypervisorAnswer | null;

/**
 * Asks libvirt for its versions, unless QEMU alone runs the VM. A libvirt that was just started
 * takes up to two minutes for its first answer, so call this before `withHostLock`.
 */
export async function askLibvirt(via: HypervisorName, host: LocalHost): Promise<AskedLibvirt> {
  return via === "qemu" ? null : libvirtVersions(host.libvirtUri);
}

/** How long all answers of libvirt together may take while other commands wait. */
const decidingMs = 20_000;

/** The patience for a decision. A libvirt that has just not answered is not asked again. */
export function decidingPatience(asked: AskedLibvirt, { libvirtUri, clock }: LocalHost): Patience {
  const patience = patienceFor(decidingMs, clock);
  if (asked !== null && asked.libvirt === null) patience.noteSilent(libvirtUri);
  return patience;
}

/** The plan of a VM and whether it can be started, or the refusal. */
export type Decision =
  | Refusal
  | {
      readonly kind: "Start";
      readonly plan: Plan;
      readonly guest: Guest;
      readonly report: PreflightReport;
    };

/**
 * Places a VM, or takes its plan, and checks that everything it needs is there. It changes nothing.
 * Call it within `withHostLock`, so that what is free stays free until it is recorded as taken.
 *
 * @param namesake the VM that is off and would be replaced: what it holds counts as free.
 *
 * Errors: `plan-inconsistent`, and those of the guest.
 */
export async function decide(
  { request, plan, flavors, policy, via, options, acceptsUnknown = false }: VmToStart,
  topology: Topology,
  instances: readonly Instance[],
  namesake: Instance | null,
  asked: AskedLibvirt,
  patience: Patience,
  { tree, libvirtUri: uri }: LocalHost,
): Promise<Decision> {
  const others = instances.filter((instance) => instance !== namesake);
  const known = new Set(instances.map(({ uuid }) => uuid));
  const defined = await readDomains(uri, known, patience);
  const now = tree();
  const open = readOpenFiles(now);
  const found = findEmulators(now, open);
  const holdings = readHoldings(now, others, onThisMachine(uri, defined), found);
  const taken = others.map((one) => one.plan);
  const here: HostState = { topology, policy, taken, held: holdings.held };
  const placed = plan ?? place([here], request, { flavors });
  if (placed.kind === "Refusal") return placed;
  const faults: readonly PlanFault[] = plan === null ? [] : planFaults(placed, here);
  const versions = asked ?? (await qemuVersions(`qemu-system-${guestArchitecture(placed)}`));
  const guest = guestFromPlan(placed, { limits: limitsHere(versionOf(versions.qemu ?? "")) });
  // Without a libvirt that answers nothing starts, which the report says.
  if (versions.libvirt !== null) {
    await refuseUnsafeNetworks(uri, options.devices ?? [], patience);
  }
  // The start replaces the namesake's definition; that of an adopted VM is not Evenkeel's to
  // replace.
  const replaced = namesake === null || namesake.adopted ? null : namesake.uuid;
  const domains = defined === null ? null : defined.filter((one) => one.uuid !== replaced);
  const facts = await readFacts(tree(), {
    plan: placed,
    uuid: guest.uuid,
    via,
    domains,
    holdings,
    open,
    versions,
    firmwareFile: via === "qemu" ? firmwareFileOf(guest, options) : null,
  });
  const emulated = options.emulated === true;
  const promised = wholeCores(topology, unionAll([...taken, placed].map(cpusOfPlan)));
  const report = preflight(
    { plan: placed, guest, via, emulated, acceptsUnknown, promised, faults },
    facts,
  );
  return { kind: "Start", plan: placed, guest, report };
}

/**
 * Finds the VM of the same name that is off, which a start replaces. One that runs is refused. Call
 * it within `withHostLock`.
 *
 * Errors: `vm-exists`, `hypervisor-failed`.
 */
export async function stoppedNamesake(
  { name, tenant }: Request,
  instances: readonly Instance[],
  patience: Patience,
  { state, clock }: VmHost,
): Promise<Instance | null> {
  const own = guestName(name, tenant);
  const before = instances.find((instance) => instance.name === own);
  if (before === undefined) return null;
  const now = await hypervisorOf(before, state.paths, clock, patience).state(before);
  if (before.phase === "running" && now.state !== "running" && now.state !== "paused") {
    return before;
  }
  throw new EvenkeelError(
    "vm-exists",
    `it is ${before.phase === "running" ? now.state : before.phase} already`,
    {
      where: own,
      expected: "a VM that is not on this host",
      remedy: shellLine(["evenkeel", "stop", own]),
    },
  );
}

/** Records all that a start may change. The record is written before anything is changed. */
export function instanceOf(
  plan: Plan,
  guest: Guest,
  via: HypervisorName,
  { clock, libvirtUri }: LocalHost,
): Instance {
  const functions = devicePorts(guest.pci).flatMap((port) => port.functions);
  return {
    apiVersion: "evenkeel/v1",
    kind: "Instance",
    name: guest.name,
    uuid: guest.uuid,
    plan,
    via,
    uri: via === "libvirt" ? libvirtUri : null,
    phase: "starting",
    process: null,
    adopted: false,
    startedAt: clock.now().toISOString(),
    drivers: readDrivers(functions.map(({ hostAddress }) => hostAddress)),
  };
}
