import { invariant } from "../../invariant.ts";
import { sumOf } from "../../unit/sum.ts";
import { add, read, type Vector, vectorOf, write } from "../../unit/vector.ts";

/**
 * How flows share resources of limited capacity. A flow crosses resources; each byte of it uses
 * `weight` bytes of a resource's capacity (a written byte keeps a controller busy longer, an
 * interleaved flow uses half of its bytes on each of two nodes).
 *
 * **Max-min fair rates** (`fairRates`): no flow can get more without taking from one that has no
 * more than it. Found by progressive filling: the rates of all flows grow together; where a
 * resource is full, the flows that cross it keep what they have, as does a flow that has its
 * demand; the others grow on. Each step settles a flow at least, so there are at most as many steps
 * as flows. The result is the only one with this property (Bertsekas and Gallager, Data Networks,
 * 6.5.2): every flow has its demand or crosses a full resource on which no flow has more. Proof: a
 * flow that was settled by a full resource had at that moment the highest rate of all that cross
 * it, for all rates were equal but those settled before, which are lower; and what is full stays
 * full.
 *
 * **Assured rates** (`assuredRates`) are never above the fair ones, and unlike these they never
 * rise when load is added. Fair rates may: a flow that throttles a neighbor elsewhere leaves more
 * to others. A forecast that promised this would call a host faster the fuller it is, so it
 * promises the assured rate, which counts every competitor with its full demand. The reason is in
 * `docs/decisions/0030-assured-rates.md`.
 *
 * At a resource `r`, let `use(x)` be what its flows use if each has at most `x`, its demand, and
 * what its path allows it alone. The level of `r` is the least `x` with `use(x)` at its capacity,
 * or infinite; a flow's assured rate is the least of its demand and the levels along its path.
 *
 * - Not above the fair rate: the fair rate `x` of a flow below its demand is that of a full
 *   resource `r` on which no flow has more. So all of them together use at most `use(x)`, which is
 *   thus at least the capacity, and the level of `r`, the least such `x`, is no more.
 * - Never rises with load: another flow or a larger demand raises `use`, so no level rises, and the
 *   demand of the flow itself and what its path allows it alone stay as they are.
 *
 * Both hold for any `use` that bounds from above what flows can use and only grows with flows and
 * demands. A tighter one counts flows that came through one other resource `q` with no more than
 * `q` carries: four GPUs behind one socket link take no more of a controller than the link's rate.
 * Of the four kinds of resources that may be such a `q`, the one that gives the highest level
 * counts. Groups are by resource, so names and order change nothing.
 */
export interface SharedFlows {
  /** The hops of flow `i` are those from `starts[i]` to before `starts[i + 1]`. */
  readonly starts: Int32Array;
  /** The resource of each hop, each at most once a flow. */
  readonly hops: Int32Array;
  /** How much of the resource one byte of the flow uses; above 0. */
  readonly weights: Vector;
  /** In bytes per second; infinite for a flow that takes what it gets. */
  readonly demands: Vector;
}

/** Resources by position: capacities in bytes per second, infinite where unknown. */
export interface SharedResources {
  readonly capacities: Vector;
  /** A small number for each kind of resource: those of one kind may bound groups of flows. */
  readonly kinds: Int32Array;
}

/** What each flow gets alone: its demand, or what the narrowest of its hops carries. */
export function aloneRates({ capacities }: SharedResources, flows: SharedFlows): Vector {
  const { starts, hops, weights, demands } = flows;
  const rates = demands.slice();
  for (let flow = 0; flow < rates.length; flow++) {
    for (let hop = read(starts, flow); hop < read(starts, flow + 1); hop++) {
      const most = read(capacities, read(hops, hop)) / read(weights, hop);
      if (most < read(rates, flow)) write(rates, flow, most);
    }
  }
  return rates;
}

/** The max-min fair rates, in the order of the flows; infinite where nothing known limits one. */
export function fairRates({ capacities }: SharedResources, flows: SharedFlows): Vector {
  const { starts, hops, weights, demands } = flows;
  const count = demands.length;
  const rates = vectorOf(count, -1);
  const settledUse = vectorOf(capacities.length);
  const growing = vectorOf(capacities.length);
  const growingFlows = new Int32Array(capacities.length);
  for (let hop = 0; hop < hops.length; hop++) {
    add(growing, read(hops, hop), read(weights, hop));
    growingFlows[read(hops, hop)] = read(growingFlows, read(hops, hop)) + 1;
  }
  const settle = (flow: number, rate: number): void => {
    write(rates, flow, rate);
    for (let hop = read(starts, flow); hop < read(starts, flow + 1); hop++) {
      const [resource, weight] = [read(hops, hop), read(weights, hop)];
      add(settledUse, resource, weight * rate);
      add(growing, resource, -weight);
      growingFlows[resource] = read(growingFlows, resource) - 1;
    }
  };
  for (let left = count; left > 0;) {
    let [level, full] = [Infinity, -1];
    for (let resource = 0; resource < capacities.length; resource++) {
      if (read(growingFlows, resource) === 0) continue;
      const room = read(capacities, resource) - read(settledUse, resource);
      const at = Math.max(0, room) / read(growing, resource);
      if (at < level) [level, full] = [at, resource];
    }
    const before = left;
    for (let flow = 0; flow < count; flow++) {
      if (read(rates, flow) >= 0 || read(demands, flow) > level) continue;
      settle(flow, read(demands, flow));
      left--;
    }
    if (left < before) continue;
    // Nobody has its demand at this level: the resource is full, and settles all that cross it.
    for (let flow = 0; flow < count; flow++) {
      if (read(rates, flow) >= 0 || !crosses(flows, flow, full)) continue;
      settle(flow, level);
      left--;
    }
    invariant(left < before, "each step settles a flow");
  }
  return rates;
}

function crosses({ starts, hops }: SharedFlows, flow: number, resource: number): boolean {
  for (let hop = read(starts, flow); hop < read(starts, flow + 1); hop++) {
    if (read(hops, hop) === resource) return true;
  }
  return false;
}

/** What the assured rates are made of, and they themselves. */
export interface Assured {
  /** In the order of the flows; infinite where nothing known limits one. */
  readonly rates: Vector;
  /** The resource that limits each flow, -1 for one that has its demand. */
  readonly limits: Int32Array;
  /**
   * The most of each resource that its flows could use, as a share of its capacity and at most 1; 0
   * where the capacity is unknown.
   */
  readonly utilisation: Vector;
}

/** The assured rates. */
export function assuredRates(resources: SharedResources, flows: SharedFlows): Assured {
  const { starts, hops, weights, demands } = flows;
  const most = aloneRates(resources, flows);
  const { levels, utilisation } = levelsOf(resources, flows, most);
  const rates = demands.slice();
  const limits = new Int32Array(demands.length).fill(-1);
  for (let flow = 0; flow < rates.length; flow++) {
    for (let hop = read(starts, flow); hop < read(starts, flow + 1); hop++) {
      const resource = read(hops, hop);
      const alone = read(resources.capacities, resource) / read(weights, hop);
      const here = Math.min(alone, read(levels, resource));
      if (here >= read(rates, flow)) continue;
      write(rates, flow, here);
      write(limits, flow, resource);
    }
  }
  return { rates, limits, utilisation };
}

/** A flow's crossing of a resource. */
interface Crossing {
  readonly flow: number;
  readonly weight: number;
}

/** The level of each resource, infinite for one that its flows cannot fill, and its utilisation. */
function levelsOf(
  resources: SharedResources,
  flows: SharedFlows,
  most: Vector,
): { readonly levels: Vector; readonly utilisation: Vector } {
  const { capacities, kinds } = resources;
  const { starts, hops, weights } = flows;
  const crossings = new Map<number, Crossing[]>();
  for (let flow = 0; flow < most.length; flow++) {
    for (let hop = read(starts, flow); hop < read(starts, flow + 1); hop++) {
      const resource = read(hops, hop);
      const crossing = { flow, weight: read(weights, hop) };
      const others = crossings.get(resource);
      if (others === undefined) crossings.set(resource, [crossing]);
      else others.push(crossing);
    }
  }
  const levels = vectorOf(capacities.length, Infinity);
  const utilisation = vectorOf(capacities.length);
  // Only a resource that several flows cross can bound them together.
  const binding = new Set<number>();
  for (const [resource, { length }] of crossings)
    if (length > 1) binding.add(read(kinds, resource));
  for (const [resource, crossing] of crossings) {
    const capacity = read(capacities, resource);
    if (capacity === Infinity) continue;
    let level = waterLevel(crossing, most, capacity);
    let use = useOf(crossing, most);
    for (const kind of crossing.length > 1 ? binding : []) {
      const bounded = boundedBy(resources, flows, crossing, resource, kind, most);
      if (bounded === null) continue;
      level = Math.max(level, waterLevel(crossing, bounded, capacity));
      use = Math.min(use, useOf(crossing, bounded));
    }
    write(levels, resource, level);
    write(utilisation, resource, Math.min(1, use / capacity));
  }
  return { levels, utilisation };
}

function useOf(crossings: readonly Crossing[], rates: Vector): number {
  return sumOf(crossings, ({ flow, weight }) => weight * read(rates, flow));
}

/** The least rate at which flows of at most these rates fill a capacity; infinite if none does. */
function waterLevel(crossings: readonly Crossing[], most: Vector, capacity: number): number {
  const ascending = crossings.toSorted((a, b) => read(most, a.flow) - read(most, b.flow));
  let weight = 0;
  for (const crossing of ascending) weight += crossing.weight;
  let room = capacity;
  for (const crossing of ascending) {
    const rate = read(most, crossing.flow);
    if (rate * weight >= room) return Math.max(0, room) / weight;
    room -= rate * crossing.weight;
    weight -= crossing.weight;
  }
  return Infinity;
}

/**
 * The rates that flows across a resource have at most when those that cross one other resource of a
 * kind share it: null where no such resource bounds any of them.
 */
function boundedBy(
  { capacities, kinds }: SharedResources,
  flows: SharedFlows,
  crossings: readonly Crossing[],
  resource: number,
  kind: number,
  most: Vector,
): Vector | null {
  const groups = new Map<number, { members: Crossing[]; capacity: number }>();
  for (const crossing of crossings) {
    const other = onlyHop(flows, crossing.flow, (hop) => hop !== resource && kinds[hop] === kind);
    if (other === null) continue;
    const through = read(flows.hops, other);
    // What the group uses here, at the dearest of its members' exchange rates.
    const capacity = (read(capacities, through) * crossing.weight) / read(flows.weights, other);
    const group = groups.get(through);
    if (group === undefined) groups.set(through, { members: [crossing], capacity });
    else {
      group.members.push(crossing);
      group.capacity = Math.max(group.capacity, capacity);
    }
  }
  let bounded: Vector | null = null;
  for (const { members, capacity } of groups.values()) {
    if (members.length < 2) continue;
    const level = waterLevel(members, most, capacity);
    if (level === Infinity) continue;
    bounded ??= most.slice();
    for (const { flow } of members) write(bounded, flow, Math.min(read(most, flow), level));
  }
  return bounded;
}

/** The only hop of a flow over such a resource; null if there is none, or several. */
function onlyHop(
  { starts, hops }: SharedFlows,
  flow: number,
  isSuch: (resource: number) => boolean,
): number | null {
  let found: number | null = null;
  for (let hop = read(starts, flow); hop < read(starts, flow + 1); hop++) {
    if (!isSuch(read(hops, hop))) continue;
    if (found !== null) return null;
    found = hop;
  }
  return found;
}
