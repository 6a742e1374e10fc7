import { createFleet, type Fleet } from "../fleet/fleet.ts";
import { place } from "../fleet/place.ts";
import { demandOf } from "../placement/host-class/demand.ts";
import { inventoryOf } from "../placement/inventory/inventory.ts";
import { layoutSignature } from "../placement/layout/layout-signature.ts";
import { planParts } from "../placement/layout/plan-parts.ts";
import { emptyOccupancy } from "../placement/occupancy/occupancy.ts";
import type { SearchResult } from "../placement/search/search.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Plan, PlanParts } from "../plan/plan.ts";
import type { Signature } from "../plan/signature/signature.ts";
import type { Refusal } from "../plan/refusal.ts";
import type { HostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import type { HugepagePool, MemoryNode, Topology } from "../topology/topology.ts";
import { count, countOf, type Tally } from "../unit/tally.ts";
import type { PromisedRoom } from "./preparation.ts";

/** What is asked of a machine. */
export interface Asked {
  /** Each is sold by itself, as many as fit. */
  readonly flavors: readonly Request[];
  /** All of these run at the same time: VMs, and flavors of which a number is wanted. */
  readonly together: readonly { readonly request: Request; readonly vms: number }[];
}

/** The rooms of all that is asked, the plans that fill them, and the memory that these take. */
export interface Rooms {
  readonly room: readonly PromisedRoom[];
  readonly plans: readonly PlanParts[];
  readonly memory: MemoryTaken;
}

/** The bytes that VMs take, by node and page size; base memory has the size null. */
export interface MemoryTaken {
  readonly bytes: (node: number, sizeBytes: number | null) => number;
  /** The huge page sizes that any node has VMs in, ascending. */
  readonly sizes: readonly number[];
}

/** Above this, a count would tell an operator nothing more. */
const countMax = 256;

/**
 * Fills the machine with the VMs of each flavor, one after the other in the signature that it is
 * sold in, as placement itself does it. The plans are the proof: with the memory that they take set
 * apart, all of them are legal at once, so a machine prepared for them has the room.
 *
 * Nothing that is set apart now counts, as all of it can be changed: a node offers its memory
 * without what the host keeps. Flavors are sold one instead of the other, so pages of one size
 * serve all of them, and a node needs the most that any takes. Pages of different sizes exclude
 * each other: a flavor gets what those before it in the list leave, and its count says so. What
 * runs at the same time adds up.
 *
 * It costs one placement a VM, and of flavors hardly more than one for each kind of occupancy.
 */
export function roomsOf(topology: Topology, policy: HostPolicy, asked: Asked): Rooms {
  const taken: Tally<string> = new Map();
  const sizes = new Set<number>();
  const bytes = (node: number, size: number | null): number => countOf(taken, keyOf(node, size));
  const keep = (plans: readonly PlanParts[], size: number | null): void => {
    const own: Tally<string> = new Map();
    for (const { cells } of plans) {
      for (const { memoryOnNodes } of cells) {
        for (const part of memoryOnNodes) count(own, keyOf(part.node, size), part.bytes);
      }
    }
    for (const [key, most] of own) taken.set(key, Math.max(most, countOf(taken, key)));
    if (size !== null && own.size > 0) sizes.add(size);
  };
  const before = (): MemoryTaken => ({ bytes, sizes: [...sizes].toSorted((a, b) => a - b) });
  const room: PromisedRoom[] = [];
  const all: PlanParts[] = [];
  for (const flavor of asked.flavors) {
    const host = { topology: offeredTo(flavor, topology, policy, before()), policy, taken: [] };
    const filled = fillEmpty(flavor, host);
    keep(filled.plans, flavor.hugepageBytes);
    room.push(filled.room);
    all.push(...filled.plans);
  }
  const together: { readonly plan: Plan; readonly size: number | null }[] = [];
  for (const { request, vms } of asked.together) {
    const size = request.hugepageBytes;
    const offered = offeredTo(request, topology, policy, before());
    const others = together.map(({ plan }) => plan);
    const filled = fill(request, { topology: offered, policy, taken: others }, vms);
    together.push(...filled.plans.map((plan) => ({ plan, size })));
    keep(
      together.flatMap((one) => (one.size === size ? one.plan : [])),
      size,
    );
    room.push(filled.room);
    all.push(...filled.plans);
  }
  return { room, plans: all, memory: before() };
}

const keyOf = (node: number, size: number | null): string => `${node} ${size ?? "base"}`;

/** The machine as it can be set for one request: all memory that is left in pages of its size. */
function offeredTo(
  { hugepageBytes: own }: Request,
  topology: Topology,
  { reserved }: HostPolicy,
  before: MemoryTaken,
): Topology {
  const nodes = topology.nodes.map((node): MemoryNode => {
    // Nobody knows what else could be set apart of it: the pools that it has are what there is.
    if (node.memoryBytes === null) {
      const pools = node.hugepages?.map((pool) => ({ ...pool, free: null })) ?? null;
      return { ...node, hugepages: pools };
    }
    if (node.memoryBytes === 0) return node;
    const others = before.sizes.flatMap((sizeBytes): HugepagePool[] => {
      const total = before.bytes(node.id, sizeBytes) / sizeBytes;
      return sizeBytes === own ? [] : [{ sizeBytes, total, free: null }];
    });
    if (own === null) return { ...node, hugepages: others };
    const set = others.reduce((sum, { sizeBytes, total }) => sum + sizeBytes * total, 0);
    const left = node.memoryBytes - reserved.memoryPerNodeBytes - set - before.bytes(node.id, null);
    const total = Math.max(0, Math.floor(left / own));
    const hugepages = [...others, { sizeBytes: own, total, free: null }];
    return { ...node, hugepages: hugepages.toSorted((a, b) => a.sizeBytes - b.sizeBytes) };
  });
  return { ...topology, nodes };
}

/**
 * Fills an empty host with VMs of one flavor. One fleet keeps what it has found out from one VM to
 * the next, so that hundreds of small VMs take a moment.
 */
function fillEmpty(
  request: Request,
  host: HostState,
): { readonly plans: readonly PlanParts[]; readonly room: PromisedRoom } {
  const inventory = inventoryOf(host.topology, host.policy);
  const name = host.topology.name;
  const fleetFor = (sold: Request): Fleet =>
    createFleet(
      [{ name, inventory, occupancy: emptyOccupancy(inventory) }],
      [{ demand: demandOf(sold), weight: 1 }],
    );
  const first = fleetFor(request).decide(request);
  if (first === null) {
    const refused = place([host], request, { causesWhereUntold: false });
    const refusal = refused.kind === "Refusal" ? refused : null;
    return { plans: [], room: roomOf(request, [], null, refusal, null) };
  }
  const sold = signatureOf(first.found);
  const own = { ...request, signature: sold.signature };
  const fleet = fleetFor(own);
  const plans: PlanParts[] = [];
  while (plans.length < countMax) {
    const decision = fleet.decide(own);
    // A cell that may stray leaves its flavor's signature where there is no other way.
    if (decision === null || signatureOf(decision.found).signature !== sold.signature) break;
    plans.push(planParts(decision.found.space, decision.found.best));
    fleet.take(name, decision.use);
  }
  return { plans, room: roomOf(request, plans, sold, null, null) };
}

function signatureOf({ space, best }: SearchResult): Signature {
  return layoutSignature(space, best);
}

/** Places so many VMs of one request beside those that are there, until one is refused. */
function fill(
  request: Request,
  host: HostState,
  most: number,
): { readonly plans: readonly Plan[]; readonly room: PromisedRoom } {
  const plans: Plan[] = [];
  const name = request.flavor ?? request.name;
  while (plans.length < most) {
    const signature = request.signature ?? plans[0]?.signature ?? null;
    const vm = { ...request, name: `${name}-${plans.length}`, signature };
    const here = { ...host, taken: [...host.taken, ...plans] };
    const placed = place([here], vm, { flavors: [vm], causesWhereUntold: false });
    if (placed.kind === "Refusal") {
      return { plans, room: roomOf(request, plans, plans[0] ?? null, placed, most) };
    }
    plans.push(placed);
  }
  return { plans, room: roomOf(request, plans, plans[0] ?? null, null, most) };
}

function roomOf(
  { flavor, name }: Request,
  plans: readonly PlanParts[],
  sold: Signature | null,
  refusal: Refusal | null,
  wanted: number | null,
): PromisedRoom {
  return {
    flavor: flavor ?? name,
    vms: plans.length,
    wanted,
    atLeast: wanted === null && plans.length === countMax,
    signature: sold?.signature ?? null,
    signatureText: sold?.signatureText ?? null,
    reason: refusal === null || refusal.untold.length > 0 ? null : reasonOf(refusal),
    untold: refusal === null ? [] : refusal.untold,
  };
}

/** The causes of the nearest way to fit. */
function reasonOf({ hosts }: Refusal): string {
  const [way] = hosts.flatMap(({ ways }) => ways);
  const causes = way?.reasons.map(({ message }) => message) ?? [];
  return causes.length === 0 ? "It fits nowhere on this machine." : causes.join(" ");
}
