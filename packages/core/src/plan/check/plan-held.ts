import {
  difference,
  type IndexSet,
  indices,
  intersection,
  isDisjoint,
  union,
  unionAll,
} from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Topology } from "../../topology/topology.ts";
import { at, valueOf } from "../../unit/list.ts";
import { sumOf } from "../../unit/sum.ts";
import type { Holding } from "../holding.ts";
import type { HostState } from "../host-state.ts";
import { cpusOfPlan, functionsOf, isHugepage, type Plan } from "../plan.ts";
import type { PlanFault } from "./plan-facts.ts";

/** What a plan takes that a running VM holds already, beyond what its own plan gives it. */
export function heldFaults(
  plan: Plan,
  { held = [], taken }: Pick<HostState, "held" | "taken">,
  topology: Topology,
): readonly PlanFault[] {
  const others = held.flatMap(beyondOwnPlan);
  return [
    ...cpuFaults(plan, others, taken, topology),
    ...deviceFaults(plan, held),
    ...isolationFaults(plan, others, topology),
  ];
}

/**
 * A VM without a plan as it is, and of a VM with one the vCPUs that have left its CPUs and the huge
 * pages that it has too many of, if there are any. Base pages are also the emulator's own.
 */
export function beyondOwnPlan(holding: Holding): readonly Holding[] {
  const { plan } = holding;
  if (plan === null) return [holding];
  const own = cpusOfPlan(plan);
  const vcpus = holding.vcpus.filter(({ cpus }) => isDisjoint(setOf(cpus), own));
  const memory = holding.memory.flatMap((part) => {
    const cells = plan.cells.filter(({ pageBytes }) => pageBytes === part.pageBytes);
    const planned = cells.flatMap((cell) => cell.memoryOnNodes);
    const here = planned.filter(({ node }) => node === part.node);
    const bytes = part.bytes - sumOf(here, (one) => one.bytes);
    return bytes > 0 && isHugepage(part.pageBytes) ? [{ ...part, bytes }] : [];
  });
  return vcpus.length > 0 || memory.length > 0 ? [{ ...holding, vcpus, memory }] : [];
}

/**
 * Each vCPU of a running VM that could have a CPU of its own before the plan can have one beside
 * it: on no core of the plan.
 */
function cpuFaults(
  plan: Plan,
  others: readonly Holding[],
  taken: readonly Plan[],
  topology: Topology,
): readonly PlanFault[] {
  const own = wholeCores(topology, cpusOfPlan(plan));
  const given = unionAll(taken.map(cpusOfPlan));
  const online = unionAll(topology.cores.map((core) => setOf(core.cpus)));
  const vcpus = others.flatMap(({ name, vcpus: sets }) =>
    sets.map(({ count, cpus }) => ({ name, count, cpus })),
  );
  const alike = [...Map.groupBy(vcpus, ({ cpus }) => cpus)].map(([cpus, all]) => ({
    cpus: intersection(setOf(cpus), online),
    count: sumOf(all, ({ count }) => count),
  }));
  const without = (gone: IndexSet): number =>
    mostServed(alike.map(({ cpus, count }) => ({ count, cpus: indices(difference(cpus, gone)) })));
  if (without(union(given, own)) === without(given)) return [];
  const near = new Set(
    vcpus.flatMap((one) => (isDisjoint(setOf(one.cpus), own) ? [] : [one.name])),
  );
  return [...near].map((name) => ({ subject: name, message: "needs CPUs that the plan takes" }));
}

/** So many vCPUs, and the CPUs on which each of them may run. */
interface AlikeVcpus {
  readonly count: number;
  readonly cpus: readonly number[];
}

/**
 * How many vCPUs can be given a CPU each, all of them different: a maximum flow from groups of
 * alike vCPUs to CPUs, of which each takes one.
 *
 * For one more vCPU, a chain of groups that each move by one CPU is looked for breadth first, up to
 * a CPU that is free. Where there is none, the groups that have the CPUs on the way may run on no
 * others, so these CPUs can never become free, and no later search looks at them. So there is at
 * most one search for each CPU and each group, and a search looks at each of these groups once.
 */
function mostServed(groups: readonly AlikeVcpus[]): number {
  const groupOn = new Map<number, number>();
  const hopeless = new Set<number>();
  const serve = (first: number): boolean => {
    const reachedFrom = new Map<number, number>();
    const entryOf = new Map<number, number>();
    const queue = [first];
    for (const group of queue) {
      for (const cpu of at(groups, group).cpus) {
        if (hopeless.has(cpu) || reachedFrom.has(cpu)) continue;
        reachedFrom.set(cpu, group);
        const other = groupOn.get(cpu);
        if (other === undefined) {
          moveAlong(cpu, reachedFrom, entryOf);
          return true;
        }
        if (other === first || entryOf.has(other)) continue;
        entryOf.set(other, cpu);
        queue.push(other);
      }
    }
    for (const cpu of reachedFrom.keys()) hopeless.add(cpu);
    return false;
  };
  /** Gives a free CPU to the group that reached it, and that group's entry to the one before. */
  const moveAlong = (
    free: number,
    reachedFrom: ReadonlyMap<number, number>,
    entryOf: ReadonlyMap<number, number>,
  ): void => {
    for (let cpu: number | undefined = free; cpu !== undefined;) {
      const group = valueOf(reachedFrom, cpu);
      groupOn.set(cpu, group);
      cpu = entryOf.get(group);
    }
  };
  for (const [i, { count }] of groups.entries()) {
    for (let vcpu = 0; vcpu < count && serve(i); vcpu++);
  }
  return groupOn.size;
}

/** All CPUs of the cores that have some of these. */
export function wholeCores({ cores }: Pick<Topology, "cores">, cpus: IndexSet): IndexSet {
  return unionAll(cores.map((core) => setOf(core.cpus)).filter((core) => !isDisjoint(core, cpus)));
}

function deviceFaults(plan: Plan, held: readonly Holding[]): readonly PlanFault[] {
  const own = new Set(plan.devices.flatMap(functionsOf));
  return held.flatMap(({ name, plan: theirs, devices }) => {
    const promised = new Set(theirs?.devices.flatMap(functionsOf));
    return devices
      .filter((address) => own.has(address) && !promised.has(address))
      .map((subject) => ({ subject, message: `is held by ${name}` }));
  });
}

/** A VM is where its vCPUs may run and where its memory is. */
function isolationFaults(
  plan: Plan,
  others: readonly Holding[],
  topology: Topology,
): readonly PlanFault[] {
  const cores = topology.cores.map((core) => ({ ...core, set: setOf(core.cpus) }));
  const coresOf = (cpus: IndexSet): Topology["cores"] =>
    cores.filter(({ set }) => !isDisjoint(set, cpus));
  const nodes = (of: Topology["cores"], parts: readonly { readonly node: number }[]) =>
    new Set([...of.map(({ node }) => node), ...parts.map(({ node }) => node)]);
  const own = coresOf(cpusOfPlan(plan));
  const ownNodes = nodes(
    own,
    plan.cells.flatMap((cell) => cell.memoryOnNodes),
  );
  const ownCaches = new Set(own.map(({ l3 }) => l3));
  const theirs = ({ vcpus }: Holding): Topology["cores"] =>
    coresOf(unionAll(vcpus.map((one) => setOf(one.cpus))));
  const isShared = {
    shared: () => false,
    core: () => false,
    l3: (one: Holding) => theirs(one).some(({ l3 }) => ownCaches.has(l3)),
    node: (one: Holding) => !nodes(theirs(one), one.memory).isDisjointFrom(ownNodes),
    host: () => true,
  }[plan.isolation];
  const message = `may run where the plan is alone: ${plan.isolation}`;
  return others.filter(isShared).map(({ name: subject }) => ({ subject, message }));
}
