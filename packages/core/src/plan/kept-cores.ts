import type { HostPolicy } from "../request/host-policy.ts";
import { isDisjoint } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import type { Core, Topology } from "../topology/topology.ts";
import { sumOf } from "../unit/sum.ts";

/** From as many cores on, a node keeps one of its own; and smaller nodes one for as many. */
const coresPerKeptCore = 8;

/**
 * The ids of the cores that a host keeps for itself, its emulators and their iothreads: those that
 * the policy names, or as many on each node as it says, the lowest first.
 *
 * If it says neither, what is kept fits the machine: one core of each node with at least 8 cores.
 * On smaller nodes that would be too much (a quarter of what a node of 4 cores has to sell), so of
 * them a socket keeps one core for every 8, at least the whole host one, on its lowest nodes.
 */
export function keptCores(
  { cores, nodes }: Pick<Topology, "cores" | "nodes">,
  { reserved }: Pick<HostPolicy, "reserved">,
): ReadonlySet<number> {
  const { cpus, coresPerNode } = reserved;
  const kept =
    cpus !== null
      ? cores.filter((core) => !isDisjoint(setOf(core.cpus), setOf(cpus)))
      : keptByNode(coresOfNodes(cores, nodes), coresPerNode);
  return new Set(kept.map(({ id }) => id));
}

/** The cores of each node that has some, by ascending id. */
type CoresOfNodes = readonly (readonly [Core, ...Core[]])[];

function coresOfNodes(cores: Topology["cores"], nodes: Topology["nodes"]): CoresOfNodes {
  const byNode = Map.groupBy(cores, ({ node }) => node);
  return nodes.flatMap(({ id }) => {
    const [first, ...others] = byNode.get(id) ?? [];
    return first === undefined ? [] : [[first, ...others] as const];
  });
}

function keptByNode(owners: CoresOfNodes, coresPerNode: number | null): readonly Core[] {
  if (coresPerNode !== null) return owners.flatMap((own) => own.slice(0, coresPerNode));
  const isLarge = ({ length }: readonly Core[]): boolean => length >= coresPerKeptCore;
  const small = Map.groupBy(
    owners.filter((own) => !isLarge(own)),
    ([lowest]) => lowest.package,
  );
  const keepers = [
    ...owners.filter(isLarge),
    ...[...small.values()].flatMap((own) =>
      own.slice(0, Math.floor(sumOf(own, ({ length }) => length) / coresPerKeptCore)),
    ),
  ];
  return (keepers.length > 0 ? keepers : owners.slice(0, 1)).map(([lowest]) => lowest);
}
