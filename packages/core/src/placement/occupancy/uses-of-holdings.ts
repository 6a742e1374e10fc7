import { type Holding, memoryBeyondPlan } from "../../plan/holding.ts";
import { cpusOfPlan, functionsOf, isHugepage, type Plan } from "../../plan/plan.ts";
import {
  type IndexSet,
  has,
  indices,
  isDisjoint,
  isEmpty,
  isSubset,
  size,
  unionAll,
} from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { at, valueOf } from "../../unit/list.ts";
import type { SoldCore } from "../inventory/cores.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { poolPosition } from "../inventory/memory.ts";
import type { Floating, Use } from "./occupancy.ts";

/**
 * What running VMs take of a machine beside the plans on it.
 *
 * A VM that runs by one of the plans takes only what it holds beyond that plan. Any other VM takes
 * all that it holds: its devices, its memory, and one CPU for each vCPU. A pinned vCPU takes the
 * CPU that it is pinned to. Floating vCPUs can all run as long as each has some CPU that nobody
 * else was given, so each takes one of those on which it may run. CPUs that the host does not sell
 * are taken first, since nobody is given those. So CPUs that must all be busy are taken as a whole,
 * and a VM that may run everywhere leaves the others what it does not need.
 */
export function usesOfHoldings(
  inventory: Inventory,
  taken: readonly Plan[],
  held: readonly Holding[],
): readonly Use[] {
  if (held.length === 0) return [];
  const claims = claimsOf(held);
  const cpus = claimedCpus(inventory, taken, held, claims);
  const pools = pooledCpus(taken);
  const claimsBy = Map.groupBy(claims, (claim) => claim.holding);
  return held.flatMap((holding, i) => {
    const floating = floatingIn(pools, claimsBy.get(i) ?? []);
    const use = useOf(inventory, holding, at(cpus, i), floating);
    const holdsMore = use.nodes.length > 0 || use.deviceGroups.length > 0;
    // A VM without a plan is on the host, whatever is known of it.
    return holding.plan === null || holdsMore ? [use] : [];
  });
}

interface Claim {
  readonly holding: number;
  readonly cpus: IndexSet;
  readonly count: number;
}

/** The vCPUs of VMs without a plan, and those that have left the CPUs of theirs. */
function claimsOf(held: readonly Holding[]): readonly Claim[] {
  return held.flatMap(({ plan, vcpus }, holding): Claim[] => {
    const own = plan === null ? null : cpusOfPlan(plan);
    const beyond = vcpus.map(({ count, cpus }) => ({ holding, count, cpus: setOf(cpus) }));
    return beyond.filter(({ cpus }) => own === null || isDisjoint(cpus, own));
  });
}

/** The CPUs over which plans float. */
function pooledCpus(taken: readonly Plan[]): IndexSet {
  const vcpus = taken.flatMap(({ cells }) => cells.flatMap((cell) => cell.vcpus));
  return unionAll(vcpus.flatMap((vcpu) => ("cpus" in vcpu ? [setOf(vcpu.cpus)] : [])));
}

/** The vCPUs that may run nowhere but in pools of floating VMs: each takes a place there. */
function floatingIn(pools: IndexSet, claims: readonly Claim[]): readonly Floating[] {
  return claims.flatMap(({ cpus, count }) => {
    const isWithin = !isEmpty(cpus) && isSubset(cpus, pools);
    return isWithin ? [{ cpus, vcpus: Math.min(count, size(cpus)) }] : [];
  });
}

/** The CPUs that each VM takes. */
function claimedCpus(
  { cores }: Inventory,
  taken: readonly Plan[],
  held: readonly Holding[],
  claims: readonly Claim[],
): readonly ReadonlySet<number>[] {
  const given = unionAll(taken.map(cpusOfPlan));
  const chosen = held.map(() => new Set<number>());
  const isFull = ({ cpus, count }: Claim): boolean => count >= size(cpus);
  const [full, roaming] = [claims.filter(isFull), claims.filter((one) => !isFull(one))];
  const filled = unionAll(full.map(({ cpus }) => cpus));
  for (const { holding, cpus } of full) {
    for (const cpu of indices(cpus)) at(chosen, holding).add(cpu);
  }
  const rank = ({ sold }: SoldCore): number => (sold ? 1 : 0);
  const mayTake = ({ cpus }: Claim): readonly number[] =>
    indices(cpus)
      .filter((cpu) => !has(given, cpu) && !has(filled, cpu))
      .flatMap((cpu) => {
        const position = cores.ofCpu.get(cpu);
        return position === undefined ? [] : [{ cpu, core: at(cores.all, position) }];
      })
      .toSorted(
        (a, b) => rank(a.core) - rank(b.core) || b.core.position - a.core.position || a.cpu - b.cpu,
      )
      .map(({ cpu }) => cpu);
  const matched = matching(
    roaming.toSorted((a, b) => size(a.cpus) - size(b.cpus)),
    mayTake,
  );
  for (const [cpu, { holding }] of matched) at(chosen, holding).add(cpu);
  return chosen;
}

/**
 * Gives as many vCPUs as possible a CPU each, by augmenting paths (Kuhn's algorithm): where all
 * CPUs of a vCPU are taken, another vCPU moves to another of its own. A set of CPUs is tried in the
 * order of `mayTake`.
 *
 * Where that fails, the vCPUs on the CPUs that were tried may run on no others. These CPUs stay
 * taken, and are not tried again: so however many vCPUs there are, few searches are long.
 */
function matching(
  claims: readonly Claim[],
  mayTake: (claim: Claim) => readonly number[],
): ReadonlyMap<number, Claim> {
  // Many VMs may run on the same CPUs: most of them everywhere.
  const alike = Map.groupBy(claims, ({ cpus }) => cpus.words.join());
  const choices = new Map(
    [...alike.values()].flatMap((all) => {
      const choice = mayTake(at(all, 0));
      return all.map((claim) => [claim, choice] as const);
    }),
  );
  const owner = new Map<number, Claim>();
  const full = new Set<number>();
  const place = (claim: Claim, tried: Set<number>): boolean => {
    const own = valueOf(choices, claim);
    const free = own.find((cpu) => !owner.has(cpu));
    if (free !== undefined) {
      owner.set(free, claim);
      return true;
    }
    for (const cpu of own) {
      const other = owner.get(cpu);
      if (other === undefined || other === claim || full.has(cpu) || tried.has(cpu)) continue;
      tried.add(cpu);
      if (!place(other, tried)) continue;
      owner.set(cpu, claim);
      return true;
    }
    return false;
  };
  for (const claim of claims) {
    for (let vcpu = 0; vcpu < claim.count; vcpu++) {
      const tried = new Set<number>();
      if (place(claim, tried)) continue;
      for (const cpu of tried) full.add(cpu);
      break;
    }
  }
  return owner;
}

function useOf(
  inventory: Inventory,
  holding: Holding,
  cpus: ReadonlySet<number>,
  floating: readonly Floating[],
): Use {
  const { cores, devices, memory, nodePosition } = inventory;
  const { plan } = holding;
  const own = new Set(plan?.devices.flatMap(functionsOf));
  const coresOf = (list: Iterable<number>): number[] => [
    ...new Set([...list].flatMap((cpu) => cores.ofCpu.get(cpu) ?? [])),
  ];
  const held = coresOf(cpus);
  const visited =
    plan === null ? coresOf(holding.vcpus.flatMap((one) => indices(setOf(one.cpus)))) : [];
  const ofMemory = memoryBeyondPlan(holding).flatMap(({ node, pageBytes, bytes }) => {
    const position = nodePosition.get(node);
    const pool = poolPosition(memory, isHugepage(pageBytes) ? pageBytes : null);
    return position === undefined || pool < 0 ? [] : [{ node: position, pool, bytes }];
  });
  const functions = holding.devices.filter((address) => !own.has(address));
  return {
    isolation: "shared",
    cores: held,
    visited,
    nodes: [
      ...new Set([
        ...[...held, ...visited].map((position) => at(cores.all, position).node),
        ...ofMemory.map(({ node }) => node),
      ]),
    ],
    memory: ofMemory,
    deviceGroups: [...new Set(functions.flatMap((address) => devices.groupOf.get(address) ?? []))],
    floating,
  };
}
