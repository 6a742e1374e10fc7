import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import type { Holding } from "@evenkeel/core/plan/holding.ts";
import { once } from "@evenkeel/core/once.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { isDigestOf } from "@evenkeel/core/topology/digest.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { aboutWords } from "../command/about-words.ts";
import { splitNamed } from "../flags/sources.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { writeNotes } from "../text/notes-text.ts";
import { absentNamesNotes } from "../text/policy-text.ts";
import { type PlanFile, readPlan } from "./read-documents.ts";
import { type NamedHost, type ReadHost, readNamedHosts } from "./read-named-hosts.ts";
import { withCalibrations } from "./read-calibration.ts";
import { readPolicies } from "./read-policy.ts";

/** The hosts to try and what is on them, as the command line names them. */
export interface HostsWanted {
  readonly on: readonly string[];
  /** A file with a Fleet, in place of `on` and `policy`. */
  readonly fleet: string | undefined;
  /** Whether hosts of the fleet that cannot be read are left out. */
  readonly skipUnreadable: boolean;
  /** Files with the plans of their VMs. */
  readonly taken: readonly string[];
  /** A file with the policy of all hosts. */
  readonly policy: string | undefined;
  /** Files with calibrations of the hosts. */
  readonly calibration?: readonly string[];
  /** The state folder of this machine, if it is one of the hosts. */
  readonly state: string | undefined;
  /** The VM to place. Its own record does not count while it is off, as for `evenkeel run`. */
  readonly vm: Pick<Plan, "vm" | "tenant"> | null;
}

/**
 * The hosts to try, each with the plans of the VMs on it. On this machine itself the recorded VMs
 * count as well, and whatever the VMs that run here really hold.
 */
export async function readHosts(
  wanted: HostsWanted,
  surroundings: Surroundings,
): Promise<readonly HostState[]> {
  const { hosts, plans } = await readMachines(wanted, surroundings);
  const { calibration = [] } = wanted;
  const machines = await withCalibrations(hosts.map(machineOf), calibration, surroundings);
  return occupiedHosts(machines, plans, wanted, surroundings);
}

/** A machine that was read. */
export interface ReadMachine {
  readonly topology: Topology;
  /** Whether it is this one itself. */
  readonly isHere: boolean;
  /** The policy that a fleet says for it; null: none. */
  readonly policy: HostPolicy | null;
}

/** A host that was read, as the machine that it is. */
export function machineOf({ topology, named }: ReadHost): ReadMachine {
  return { topology, isHere: named.sources.includes("live"), policy: named.policy };
}

/** Machines as hosts, with the plans of the VMs on them: those known already, and those given. */
export async function occupiedHosts(
  machines: readonly ReadMachine[],
  known: readonly PlanFile[],
  wanted: Pick<HostsWanted, "taken" | "policy" | "state" | "vm">,
  surroundings: Surroundings,
): Promise<readonly HostState[]> {
  const topologies = machines.map(({ topology }) => topology);
  const plans = [...known];
  for (const path of wanted.taken) plans.push(await readPlan(path, surroundings));
  refuseStrangers(plans, topologies);
  refuseOverlaps(plans);
  const givenFor = ({ name }: Topology): Plan[] =>
    plans.filter(({ plan }) => plan.host === name).map(({ plan }) => plan);
  const ofThisMachine = machines.flatMap(({ topology, isHere }) =>
    isHere ? givenFor(topology) : [],
  );
  const here = once(() => takenHere(wanted, ofThisMachine, surroundings));
  const policies = once(() => readPolicies(wanted.policy, surroundings));
  const hosts: HostState[] = [];
  for (const { topology, isHere, policy: said } of machines) {
    const given = givenFor(topology);
    const { plans: recorded, held } = isHere ? await here() : { plans: [], held: [] };
    // A plan of a recorded VM that is given once more counts once.
    const more = given.filter((plan) => !recorded.some((other) => isSameVm(plan, other)));
    const policy = said ?? (isHere ? (await policies()).here : (await policies()).elsewhere);
    hosts.push({ topology, policy, taken: [...recorded, ...more], held });
  }
  writeNotes(surroundings.stderr, absentNamesNotes(hosts));
  return hosts;
}

const isSameVm = (a: Plan, b: Pick<Plan, "vm" | "tenant">): boolean =>
  a.vm === b.vm && a.tenant === b.tenant;

/** Refuses a command line that names no hosts, or that names them in two ways. */
export function refuseHosts({
  on,
  fleet,
  policy,
  skipUnreadable,
}: Pick<HostsWanted, "on" | "fleet" | "policy" | "skipUnreadable">): void {
  const refuse = (message: string, expected: string, remedy: string): EvenkeelError =>
    new EvenkeelError("usage", message, { expected, remedy });
  if (fleet === undefined) {
    const expected = "a host to try (--on SRC), or a file with hosts (--fleet FILE)";
    if (on.length === 0) throw aboutWords(refuse("--on is missing", expected, "add --on live"));
    if (!skipUnreadable) return;
    throw refuse("--skip-unreadable has no effect without --fleet", "--fleet FILE", "leave it out");
  }
  const other = on.length > 0 ? "--on" : policy !== undefined ? "--policy" : null;
  if (other === null) return;
  const remedy = `leave out ${other}, and write ${other === "--on" ? "the host" : "the policy"} in the fleet's file`;
  throw refuse(`${other} and --fleet are given`, "one of the two", remedy);
}

/** The machines of the hosts, and the plans that a fleet's file gives. */
async function readMachines(
  { on, fleet, skipUnreadable, state }: HostsWanted,
  surroundings: Surroundings,
): Promise<{ readonly hosts: readonly ReadHost[]; readonly plans: readonly PlanFile[] }> {
  if (fleet !== undefined) {
    const { readFleet, readFleetFile } = await import("./read-fleet.ts");
    return readFleet(await readFleetFile(fleet, surroundings), skipUnreadable, surroundings);
  }
  const named = on.map((given): NamedHost => {
    const { name, source } = splitNamed(given);
    return { name, sources: [source], policy: null, where: `--on ${given}` };
  });
  const readings = await readNamedHosts(named, surroundings, state);
  const hosts = readings.map((reading) => {
    if ("failure" in reading) throw reading.failure;
    return reading;
  });
  refuseNamesakes(
    hosts.map(({ topology }) => topology),
    on,
  );
  return { hosts, plans: [] };
}

/** What is taken of this machine, by the records and by what its VMs really hold. */
async function takenHere(
  { state, vm }: Pick<HostsWanted, "state" | "vm">,
  given: readonly Plan[],
  surroundings: Surroundings,
): Promise<{ readonly plans: readonly Plan[]; readonly held: readonly Holding[] }> {
  const { recordedHost } = await import("./vm-host.ts");
  const { takenOn } = await import("@evenkeel/host/vm/taken.ts");
  return takenOn(vm, given, recordedHost(state, surroundings));
}

/** Refuses two hosts of one name: plans know their host by its name. */
function refuseNamesakes(topologies: readonly Topology[], sources: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const [i, { name }] of topologies.entries()) {
    const source = sources[i] ?? "";
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      throw new EvenkeelError("usage", `two hosts have the name ${JSON.stringify(name)}`, {
        where: earlier === source ? `--on ${source}` : `--on ${earlier} and --on ${source}`,
        expected: "hosts of different names",
        remedy: "name them yourself: --on a=SRC --on b=SRC",
      });
    }
    seen.set(name, source);
  }
}

/** Refuses plans for hosts that are not given or have changed: they would be counted wrongly. */
function refuseStrangers(plans: readonly PlanFile[], topologies: readonly Topology[]): void {
  const hosts = new Map(topologies.map((entry) => [entry.name, entry]));
  const names = [...hosts.keys()];
  for (const { plan, where } of plans) {
    const host = hosts.get(plan.host);
    if (host === undefined) {
      const near = didYouMean(plan.host, names);
      throw new EvenkeelError("usage", `the plan is for the host ${JSON.stringify(plan.host)}`, {
        where,
        expected: `one of the hosts tried: ${names.join(", ")}`,
        remedy:
          near === null
            ? "name that host with --on, or leave the plan out"
            : `did you mean ${near}?`,
      });
    }
    if (!isDigestOf(plan.topologyDigest, host)) {
      throw new EvenkeelError("plan-inconsistent", `${plan.host} has changed since it was made`, {
        where,
        expected: `a plan for the machine that ${plan.host} is now`,
        remedy: "place its VM again",
      });
    }
  }
}

/** Refuses two plans that hold the same CPU or device: they cannot both be in force. */
function refuseOverlaps(plans: readonly PlanFile[]): void {
  const holders = new Map<string, string>();
  for (const { plan, where } of plans) {
    const pinned = plan.cells.flatMap(({ vcpus }) =>
      vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [`CPU ${vcpu.cpu}`] : [])),
    );
    const devices = plan.devices.flatMap(functionsOf);
    for (const thing of [...pinned, ...devices]) {
      const key = `${thing} of ${plan.host}`;
      const other = holders.get(key);
      if (other !== undefined) {
        throw new EvenkeelError("plan-inconsistent", `${key} is held by ${other} already`, {
          where,
          expected: "plans that hold different things",
          remedy: "leave out the plan that is not in force",
        });
      }
      holders.set(key, `${plan.vm} (${where})`);
    }
  }
}
