import type { HostState } from "../../plan/host-state.ts";
import { withoutFreePages } from "../../plan/sellable-pages.ts";
import { intersection, isEmpty } from "../../set/index-set.ts";
import { at } from "../../unit/list.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { emptyOccupancy, type Occupancy } from "../occupancy/occupancy.ts";
import { type Space, spaceFor } from "../space/space.ts";
import type { Cause } from "./cause.ts";
import type { NodesWay } from "./ways.ts";

/**
 * The space of a host where the causes of a way are mended by the VMs that are there giving up what
 * it lacks, and everything else stays as it is. Whatever else is added to a host makes it another
 * machine, whose places have other signatures.
 */
export function releasedSpace(host: HostState, space: Space, way: NodesWay): Space {
  const topology = lacks(way, memoryCodes).length > 0 ? withoutFreePages(host.topology) : null;
  const inventory = topology === null ? space.inventory : inventoryOf(topology, host.policy);
  return spaceFor(inventory, releasedOccupancy(space, way), space.request);
}

function releasedOccupancy({ inventory, occupancy }: Space, way: NodesWay): Occupancy {
  const empty = emptyOccupancy(inventory);
  const { nodeIds, devices, memory, cores } = inventory;
  const nodesOf = (codes: readonly Cause["code"][]): ReadonlySet<number> =>
    new Set(lacks(way, codes).map((id) => nodeIds.indexOf(id)));
  const ofCores = nodesOf(coreCodes);
  const ofMemory = nodesOf(memoryCodes);
  const [ofGpus, ofNics] = [acceleratorCodes, nicCodes].map((codes) => new Set(lacks(way, codes)));
  const groups = new Set(
    [
      ...devices.accelerators.filter(({ node }) => node !== null && ofGpus?.has(node)),
      ...devices.nics.filter(({ node }) => node !== null && ofNics?.has(node)),
    ].map(({ group }) => group),
  );
  const isAlone = way.causes.some(({ code }) => code === "isolation-conflict");
  const ofCaches = new Set(
    cores.groups.filter(({ node }) => ofCores.has(node)).map(({ cache }) => cache),
  );
  const pools = memory.hugepageSizes.length + 1;
  return {
    ...(isAlone ? empty : occupancy),
    coreUsers: either(occupancy.coreUsers.slice(), empty.coreUsers, (i) =>
      ofCores.has(at(cores.all, i).node),
    ),
    freeCores: either(occupancy.freeCores.slice(), empty.freeCores, (i) =>
      ofCores.has(at(cores.groups, i).node),
    ),
    cacheUsers: isAlone
      ? empty.cacheUsers
      : either(occupancy.cacheUsers.slice(), empty.cacheUsers, (i) => ofCaches.has(i)),
    promisedBytes: either(occupancy.promisedBytes.slice(), empty.promisedBytes, (i) =>
      ofMemory.has(Math.floor(i / pools)),
    ),
    deviceHolders: either(occupancy.deviceHolders.slice(), empty.deviceHolders, (i) =>
      groups.has(i),
    ),
    floating: occupancy.floating.filter(({ cpus }) =>
      [...ofCores].every((node) => isEmpty(intersection(cpus, at(cores.cpusOfNode, node)))),
    ),
  };
}

const coreCodes = ["cores-short", "cpus-short"] as const;
const memoryCodes = ["memory-short", "hugepages-short", "hugepages-absent"] as const;
const acceleratorCodes = [
  "accelerators-short",
  "accelerators-unlinked",
  "partition-unavailable",
] as const;
const nicCodes = ["nics-short"] as const;

/** The nodes that lack something; those of the way where a cause names none. */
function lacks({ nodes, causes }: NodesWay, codes: readonly Cause["code"][]): readonly number[] {
  const own = causes.filter(({ code }) => codes.includes(code));
  return own.flatMap((cause) => (cause.nodes.length > 0 ? cause.nodes : nodes));
}

/** Puts into one vector the counts of the other where `isOther` holds. */
function either<Counts extends Uint16Array | Float64Array>(
  own: Counts,
  other: Counts,
  isOther: (i: number) => boolean,
): Counts {
  for (const [i, count] of other.entries()) if (isOther(i)) own[i] = count;
  return own;
}
