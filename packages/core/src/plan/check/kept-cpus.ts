import type { HostPolicy } from "../../request/host-policy.ts";
import { type IndexSet, isDisjoint, unionAll } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Core, Topology } from "../../topology/topology.ts";
import { count, countOf, type Tally } from "../../unit/tally.ts";

/**
 * The CPUs that a host keeps, worked out without the code that placement uses: whole cores, those
 * that the policy names, or the lowest of each node, as many as it says.
 *
 * Where it does not say, cores are walked by ascending id, and a core is kept if no core of its
 * node came before it, and its node has at least 8 cores, or its socket still owes one: a socket
 * owes one for every 8 cores on its smaller nodes. A host that would keep none keeps its first.
 */
export function keptCpus({ cores }: Topology, { reserved }: HostPolicy): IndexSet {
  const { cpus, coresPerNode } = reserved;
  const walk = cores.filter(({ node }) => node !== null).toSorted(byNodeAndId);
  const before: Tally<number | null> = new Map();
  const ranked = walk.map((core) => {
    const rank = countOf(before, core.node);
    count(before, core.node);
    return { core, rank };
  });
  const kept =
    cpus !== null
      ? cores.filter((core) => !isDisjoint(setOf(core.cpus), setOf(cpus)))
      : coresPerNode === null
        ? keptByDefault(
            ranked.filter(({ rank }) => rank === 0).map(({ core }) => core),
            before,
            walk,
          )
        : ranked.filter(({ rank }) => rank < coresPerNode).map(({ core }) => core);
  return unionAll(kept.map((core) => setOf(core.cpus)));
}

/** @param onNode how many cores each node has. */
function keptByDefault(
  lowest: readonly Core[],
  onNode: Tally<number | null>,
  all: readonly Core[],
): readonly Core[] {
  const onSmallNodes: Tally<number | null> = new Map();
  for (const { node, package: of } of all) if (countOf(onNode, node) < 8) count(onSmallNodes, of);
  const settled: Tally<number | null> = new Map();
  const kept: Core[] = [];
  for (const core of lowest) {
    const isSmall = countOf(onNode, core.node) < 8;
    const owed = Math.floor(countOf(onSmallNodes, core.package) / 8);
    if (isSmall && countOf(settled, core.package) >= owed) continue;
    if (isSmall) count(settled, core.package);
    kept.push(core);
  }
  return kept.length > 0 ? kept : lowest.slice(0, 1);
}

function byNodeAndId(a: Core, b: Core): number {
  return Number(a.node) - Number(b.node) || a.id - b.id;
}
