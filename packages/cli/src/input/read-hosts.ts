import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import type { Holding } from "@evenkeel/core/plan/holding.ts";
import { once } from "@evenkeel/core/once.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { isDigestOf } from "@evenkeel/core/topology/digest.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { type PlanFile, readPlan } from "./read-documents.ts";
import type { Policies } from "./read-policy.ts";
import { readTopology } from "./read-topology.ts";

/** The hosts to try and what is on them, as the command line names them. */
export interface HostsWanted {
  readonly on: readonly string[];
  /** Files with the plans of their VMs. */
  readonly taken: readonly string[];
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
  policies: Policies,
  surroundings: Surroundings,
): Promise<readonly HostState[]> {
  const { on: sources } = wanted;
  const topologies: Topology[] = [];
  for (const source of sources) topologies.push(await readHost(source, surroundings));
  refuseNamesakes(topologies, sources);
  const machines = topologies.map((topology, i) => ({
    topology,
    isHere: isLive(sources[i] ?? ""),
  }));
  return occupiedHosts(machines, wanted, policies, surroundings);
}

/** A machine that was read, and whether it is this one itself. */
export interface ReadMachine {
  readonly topology: Topology;
  readonly isHere: boolean;
}

/** Machines as hosts, with the plans of the VMs on them. */
export async function occupiedHosts(
  machines: readonly ReadMachine[],
  wanted: Omit<HostsWanted, "on">,
  policies: Policies,
  surroundings: Surroundings,
): Promise<readonly HostState[]> {
  const topologies = machines.map(({ topology }) => topology);
  const plans: PlanFile[] = [];
  for (const path of wanted.taken) plans.push(await readPlan(path, surroundings));
  refuseStrangers(plans, topologies);
  refuseOverlaps(plans);
  const givenFor = ({ name }: Topology): Plan[] =>
    plans.filter(({ plan }) => plan.host === name).map(({ plan }) => plan);
  const ofThisMachine = machines.flatMap(({ topology, isHere }) =>
    isHere ? givenFor(topology) : [],
  );
  const here = once(() => takenHere(wanted, ofThisMachine, surroundings));
  const hosts: HostState[] = [];
  for (const { topology, isHere } of machines) {
    const given = givenFor(topology);
    const { plans: recorded, held } = isHere ? await here() : { plans: [], held: [] };
    // A plan of a recorded VM that is given once more counts once.
    const more = given.filter((plan) => !recorded.some((other) => isSameVm(plan, other)));
    const policy = isHere ? policies.here : policies.elsewhere;
    hosts.push({ topology, policy, taken: [...recorded, ...more], held });
  }
  return hosts;
}

const isSameVm = (a: Plan, b: Pick<Plan, "vm" | "tenant">): boolean =>
  a.vm === b.vm && a.tenant === b.tenant;

/** A host given as `SRC`, or as `NAME=SRC` to rename it. */
function splitSource(source: string): { readonly name: string | null; readonly source: string } {
  const [, name, named] = /^([a-z0-9][a-z0-9.-]{0,62})=(.+)$/s.exec(source) ?? [];
  return name === undefined || named === undefined
    ? { name: null, source }
    : { name, source: named };
}

const isLive = (source: string): boolean => splitSource(source).source === "live";

async function readHost(given: string, surroundings: Surroundings): Promise<Topology> {
  const { name, source } = splitSource(given);
  const topology = await readTopology(source, surroundings);
  return name === null ? topology : { ...topology, name };
}

/** What is taken of this machine, by the records and by what its VMs really hold. */
async function takenHere(
  { state, vm }: Omit<HostsWanted, "on">,
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
