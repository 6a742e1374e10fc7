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
import { at } from "../../unit/list.ts";
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
    ...others.flatMap((one) => isolationFaults(plan, one, topology)),
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
    sets.flatMap(({ count, cpus }) =>
      Array.from({ length: count }, () => ({ name, cpus: intersection(setOf(cpus), online) })),
    ),
  );
  const without = (gone: IndexSet): number =>
    mostServed(vcpus.map(({ cpus }) => indices(difference(cpus, gone))));
  if (without(union(given, own)) === without(given)) return [];
  const near = new Set(vcpus.flatMap((one) => (isDisjoint(one.cpus, own) ? [] : [one.name])));
  return [...near].map((name) => ({ subject: name, message: "needs CPUs that the plan takes" }));
}

/** How many of these sets can be given one of their members each, all of them different. */
function mostServed(sets: readonly (readonly number[])[]): number {
  const servedBy = new Map<number, number>();
  const serve = (i: number, tried: Set<number>): boolean => {
    for (const member of at(sets, i)) {
      if (tried.has(member)) continue;
      tried.add(member);
      const other = servedBy.get(member);
      if (other === undefined || serve(other, tried)) {
        servedBy.set(member, i);
        return true;
      }
    }
    return false;
  };
  return sets.filter((_, i) => serve(i, new Set())).length;
}

function wholeCores({ cores }: Topology, cpus: IndexSet): IndexSet {
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
  { name, vcpus, memory }: Holding,
  { cores }: Topology,
): readonly PlanFault[] {
  const coresOf = (cpus: IndexSet): Topology["cores"] =>
    cores.filter((core) => !isDisjoint(setOf(core.cpus), cpus));
  const theirs = coresOf(unionAll(vcpus.map((one) => setOf(one.cpus))));
  const own = coresOf(cpusOfPlan(plan));
  const nodes = (of: Topology["cores"], parts: readonly { readonly node: number }[]) =>
    new Set([...of.map(({ node }) => node), ...parts.map(({ node }) => node)]);
  const ownMemory = plan.cells.flatMap((cell) => cell.memoryOnNodes);
  const isShared = {
    shared: false,
    core: false,
    l3: theirs.some(({ l3 }) => own.some((core) => core.l3 === l3)),
    node: !nodes(theirs, memory).isDisjointFrom(nodes(own, ownMemory)),
    host: true,
  };
  if (!isShared[plan.isolation]) return [];
  return [{ subject: name, message: `may run where the plan is alone: ${plan.isolation}` }];
}
