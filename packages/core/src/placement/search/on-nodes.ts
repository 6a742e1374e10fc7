import type { CostModel } from "../../cost/placement-cost.ts";
import type { Device } from "../inventory/devices.ts";
import type { NodeSpace, Space } from "../space/space.ts";
import { spreadBound } from "./distance.ts";
import type { Effort } from "./effort.ts";
import { extraDevices } from "./extra.ts";
import { nodeKinds } from "./kinds.ts";
import type { LayoutCell } from "./layout.ts";
import { chooseNics } from "./nic-choice.ts";
import { type NodeNeed, visitNodeSets } from "./node-sets.ts";
import { objectiveOf } from "./objective.ts";
import type { Ranking } from "./ranking.ts";
import type { Rules } from "./rules.ts";
import { evenSplit } from "./split.ts";

/**
 * Ranks the ways to place a request that has no accelerators to follow: on the fewest nodes that
 * hold it, in equal cells if some such set allows it, else as equal as it allows, and on nodes as
 * near to each other as possible.
 *
 * A set of nodes is worth looking at only while the nodes still to come could make up its cores,
 * memory and NICs; each number of cells is tried in full before the next.
 */
export function rankOnNodes(
  space: Space,
  model: CostModel,
  rules: Rules,
  ranked: Ranking,
  effort: Effort,
): void {
  const usable = space.nodes.filter((node) => node.units > 0 && (node.granules ?? 0) > 0);
  const nodes = rules.besideDevices ? usable : space.nodes.filter((node) => node.units > 0);
  const ids = nodes.map((node) => node.id);
  const { distance } = space.inventory.relations;
  const kinds = nodeKinds(space, nodes);
  for (let count = 1; count <= nodes.length; count++) {
    const leastSpread = spreadBound(ids, count, distance);
    const open = (spread: number, uneven: number): boolean =>
      ranked.open({ cells: count, cost: 1, extra: 0, uneven, spread });
    if (rules.besideDevices && !couldHold(nodes, count, space)) continue;
    // Only what must lie on its own node is cut to the node's size; elsewhere equal cells will do.
    for (const uneven of rules.besideDevices ? [0, 1] : [0]) {
      if (!open(leastSpread, uneven)) break;
      const pruning = {
        open: (spread: number) => open(spread, uneven),
        kinds,
        needs: rules.besideDevices ? needsOf(space, nodes) : [],
        effort,
      };
      visitNodeSets(ids, count, distance, pruning, (set) => {
        const even = cellsOn(set, space, rules, effort, true);
        const cells =
          uneven === 0 ? even : even === null ? cellsOn(set, space, rules, effort, false) : null;
        if (cells === null) return;
        ranked.offer({
          cells,
          partition: null,
          objective: objectiveOf(space, model, cells, uneven),
        });
      });
    }
    if (ranked.settled()) break;
  }
}

function needsOf(space: Space, nodes: readonly NodeSpace[]): readonly NodeNeed[] {
  return [
    { total: space.units, has: nodes.map((node) => node.units) },
    { total: space.granules, has: nodes.map((node) => node.granules ?? 0) },
  ];
}

/** Whether the `count` largest nodes together would do, each resource by itself. */
function couldHold(nodes: readonly NodeSpace[], count: number, space: Space): boolean {
  const largest = (amount: (node: NodeSpace) => number): number =>
    nodes
      .map(amount)
      .toSorted((a, b) => b - a)
      .slice(0, count)
      .reduce((a, b) => a + b, 0);
  return (
    largest((node) => node.units) >= space.units &&
    largest((node) => node.granules ?? 0) >= space.granules
  );
}

function cellsOn(
  set: readonly number[],
  space: Space,
  rules: Rules,
  effort: Effort,
  even: boolean,
): readonly LayoutCell[] | null {
  const free = set.flatMap((id) => space.nodes.find((node) => node.id === id) ?? []);
  const split = (total: number, room: (node: NodeSpace) => number): number[] | null =>
    evenSplit(
      total,
      free.map((node) => (even ? total : room(node))),
    );
  const units = split(space.units, (node) => node.units);
  const granules = split(space.granules, (node) => node.granules ?? 0);
  if (units === null || granules === null) return null;
  if ([...units, ...granules].includes(0)) return null;
  const demands = set.map((node, i) => ({
    node,
    units: units[i] ?? 0,
    granules: granules[i] ?? 0,
    deviceNodes: [],
  }));
  effort.spend(rules.work * demands.length);
  const supplies = rules.fit(demands);
  const nics = supplies === null ? null : nicsOn(set, space, rules, effort);
  if (supplies === null || nics === null) return null;
  return set.map((node, i) => ({
    node,
    units: supplies[i]?.units ?? [],
    granules: supplies[i]?.granules ?? [],
    accelerators: [],
    nics: nics.filter((nic) => nic.node === node || (i === 0 && !set.includes(nic.node ?? -1))),
  }));
}

/** NICs on the nodes; where the locality allows, from anywhere once those on the nodes run out. */
function nicsOn(
  set: readonly number[],
  space: Space,
  rules: Rules,
  effort: Effort,
): readonly Device[] | null {
  const { count } = space.request.nics;
  const isNear = (nic: Device): boolean => set.includes(nic.node ?? -1);
  const far = rules.besideDevices ? [] : space.nics.filter((nic) => !isNear(nic));
  return chooseNics([...space.nics.filter(isNear), ...far], count, [], extraDevices, effort);
}
