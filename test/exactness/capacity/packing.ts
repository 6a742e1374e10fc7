import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import type { Core } from "@evenkeel/core/topology/topology.ts";
import type { LinearProgram, Terms } from "../linear-program.ts";
import { type Offer, offerOf } from "../offer.ts";
import { cacheParts, named } from "./cache-parts.ts";
import type { Candidate } from "./candidates.ts";
import type { Place, PlaceCell } from "./places.ts";

/** The most VMs that can be on a host at once, and where they are then. */
export interface Packing {
  readonly most: number;
  readonly vms: readonly PackedVm[];
}

/** One VM: its place, and for each cell the caches that it has cores of. */
export interface PackedVm {
  readonly place: Place;
  readonly cores: readonly (readonly Core[])[];
}

/**
 * How many VMs of one class fit on a host as an integer program: how often each place is taken, so
 * that devices go to one VM, and cores and memory of no node to more than it has.
 *
 * Where a node has several caches, it also says which give what (`cache-parts.ts`). Isolation lets
 * a cache, a node or the host go to one VM. It takes milliseconds: places are some hundred.
 */
export function packed(
  program: LinearProgram,
  host: HostState,
  request: Request,
  places: readonly Place[],
): Packing {
  const offer = offerOf(host, request);
  const open = openPlaces(offer, places);
  const chosen = open.map((place) => {
    const isOnce = place.accelerators.length + place.nics.length > 0;
    return [place, isOnce ? program.binary() : program.count()] as const;
  });
  const summed = (times: (place: Place) => number): Terms =>
    chosen.map(([place, variable]) => [times(place), variable] as const);
  const takers = Map.groupBy(
    chosen.flatMap(([place, variable]) =>
      [...groupsOf(offer, place)].map((group) => ({ group, variable })),
    ),
    ({ group }) => group,
  );
  for (const same of takers.values()) {
    program.require(
      same.map(({ variable }) => [1, variable] as const),
      "<=",
      1,
    );
  }
  for (const { id, units, granules } of offer.nodes) {
    const amount = (of: (cell: PlaceCell) => number) => (place: Place) =>
      place.cells.reduce((sum, cell) => sum + (cell.node === id ? of(cell) : 0), 0);
    program.require(
      summed(amount((cell) => cell.units / offer.units)),
      "<=",
      (units + 0.5) / offer.units,
    );
    program.require(
      summed(amount((cell) => cell.granules / offer.granules)),
      "<=",
      (granules + 0.5) / offer.granules,
    );
    if (request.isolation === "node") program.require(summed(amount(() => 1)), "<=", 1);
  }
  if (request.isolation === "host") {
    program.require(
      summed(() => 1),
      "<=",
      1,
    );
  }
  const parts = request.isolation === "shared" ? [] : cacheParts(program, offer, request, chosen);
  const values = program.minimize(summed(() => -1));
  if (values === null) throw new Error("nothing taken is always possible");
  const taken = chosen.flatMap(([place, variable]) =>
    Array.from({ length: values(variable) }, () => place),
  );
  const left = parts.map((part) => ({ ...part, times: values(part.variable) }));
  return { most: taken.length, vms: named(taken, offer, left) };
}

/** Those whose devices are there, and whose nodes have enough for one. */
export function openPlaces<P extends Candidate>(
  { nodes, accelerators, nics }: Offer,
  places: readonly P[],
): P[] {
  const left = new Set([...accelerators, ...nics].map(({ address }) => address));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return places.filter(
    (place) =>
      [...place.accelerators, ...place.nics].every(({ address }) => left.has(address)) &&
      place.cells.every(({ node, units, granules }) => {
        const has = byId.get(node);
        return has !== undefined && has.units >= units && has.granules >= granules;
      }),
  );
}

/** The IOMMU groups, or devices of none, that a place takes. */
function groupsOf({ topology }: Offer, { accelerators, nics }: Place): ReadonlySet<string> {
  const wanted = new Set([...accelerators, ...nics].map(({ address }) => address));
  const own = topology.pci.filter(({ address }) => wanted.has(address));
  return new Set(
    own.map(({ address, iommuGroup }) => (iommuGroup === null ? address : `group ${iommuGroup}`)),
  );
}
