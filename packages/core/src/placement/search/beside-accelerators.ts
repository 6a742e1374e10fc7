import type { CostModel } from "../../cost/placement-cost.ts";
import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import { type AcceleratorSet, visitAcceleratorSets } from "./accelerator-sets.ts";
import { spreadBound } from "./distance.ts";
import type { Effort } from "./effort.ts";
import { extraDevices } from "./extra.ts";
import type { CellSupply } from "./fit.ts";
import { acceleratorKinds, twinNodes } from "./kinds.ts";
import type { Layout, LayoutCell } from "./layout.ts";
import { chooseNics } from "./nic-choice.ts";
import { objectiveOf } from "./objective.ts";
import type { Ranking } from "./ranking.ts";
import { reach } from "./reach.ts";
import type { Rules } from "./rules.ts";
import { proportionalSplit } from "./split.ts";

/**
 * Ranks the ways to place a request beside accelerators.
 *
 * The cells are the accelerators' nodes, so sets on one node are tried before any on two, and so
 * on: once the best and the next best are known, more cells cannot matter. A beginning of a set is
 * given up when even perfect pairs for all that is missing would not make it matter.
 */
export function rankBesideAccelerators(
  space: Space,
  model: CostModel,
  rules: Rules,
  ranked: Ranking,
  effort: Effort,
): void {
  const { relations } = space.inventory;
  if (space.nics.length < space.request.nics.count) return;
  const candidates = space.accelerators.filter(({ node }) => node !== null || !rules.besideDevices);
  const links = relations.connected(space.request.accelerators.link);
  const connected = (a: number, b: number): boolean =>
    links[candidates[a]?.position ?? -1]?.[candidates[b]?.position ?? -1] ?? false;
  const bound = peerBound(space, model.weights.peer, candidates);
  const nodes = [...new Set(candidates.flatMap(({ node }) => node ?? []))];
  const kinds = acceleratorKinds(space, candidates);
  const twins = twinNodes(space, candidates);
  for (let cells = 1; cells <= Math.max(1, nodes.length); cells++) {
    const spread = spreadBound(nodes, cells, relations.distance);
    const ideal = { cells, extra: 0, uneven: 0, spread };
    const pruning = {
      reaches: reach(space, candidates, rules, cells),
      promising: (positions: readonly number[]) =>
        ranked.open({ ...ideal, cost: bound(positions) }),
      kinds,
      twins,
      effort,
    };
    visitAcceleratorSets(space, candidates, connected, pruning, (set) => {
      for (const homes of homeNodes(set, space)) {
        if (homes.length !== cells) continue;
        const layout = layoutFor(space, model, rules, set, homes);
        if (layout !== null) ranked.offer(layout);
      }
      return true;
    });
    if (ranked.settled()) break;
  }
}

/**
 * What a set that begins with these candidates costs at least: its known pairs as they are, all
 * others as the cheapest pair there is, everything beside the peers at its best, which is 1.
 */
function peerBound(
  { request, inventory }: Space,
  weight: number,
  candidates: readonly Device[],
): (positions: readonly number[]) => number {
  const { count } = request.accelerators;
  const all = (count * (count - 1)) / 2;
  if (all === 0) return () => 1;
  const pairs = inventory.relations.peers(request.workload);
  const pair = (a: number, b: number): number =>
    pairs[candidates[a]?.position ?? -1]?.[candidates[b]?.position ?? -1] ?? 1;
  let cheapest = Infinity;
  for (const a of candidates.keys()) {
    for (let b = 0; b < a; b++) cheapest = Math.min(cheapest, pair(a, b));
  }
  return (positions) => {
    let known = 0;
    for (const [i, a] of positions.entries()) {
      for (let j = 0; j < i; j++) known += pair(a, positions[j] ?? -1);
    }
    const pairsKnown = (positions.length * (positions.length - 1)) / 2;
    const peer = (known + (all - pairsKnown) * cheapest) / all;
    return 1 - weight + weight * peer;
  };
}

/**
 * The nodes that may be the cells: those of the accelerators. An accelerator whose node is unknown
 * adds none; where no node is known at all, any one that has cores may be the home.
 */
function homeNodes({ accelerators }: AcceleratorSet, space: Space): readonly (readonly number[])[] {
  const known = [...new Set(accelerators.flatMap(({ node }) => node ?? []))];
  if (known.length > 0) return [known.toSorted((a, b) => a - b)];
  return space.nodes.filter((node) => node.units > 0).map((node) => [node.id]);
}

function layoutFor(
  space: Space,
  model: CostModel,
  rules: Rules,
  set: AcceleratorSet,
  homes: readonly number[],
): Layout | null {
  const groups = homes.map((home, i) =>
    set.accelerators.filter(({ node }) => node === home || (node === null && i === 0)),
  );
  const weights = groups.map((group) => group.length);
  const units = proportionalSplit(space.units, weights);
  const granules = proportionalSplit(space.granules, weights);
  if ([...units, ...granules].includes(0)) return null;
  const demands = homes.map((node, i) => ({
    node,
    units: units[i] ?? 0,
    granules: granules[i] ?? 0,
    deviceNodes: (groups[i] ?? []).map((device) => device.node),
  }));
  const supplies = rules.fit(demands);
  if (supplies === null) return null;
  const nics = nicsFor(space, model, rules, set.accelerators, homes);
  if (nics === null) return null;
  const cells = homes.map((node, i): LayoutCell => ({
    node,
    ...(supplies[i] ?? noSupply),
    accelerators: groups[i] ?? [],
    nics: nics.filter((nic) => nic.node === node || (i === 0 && !homes.includes(nic.node ?? -1))),
  }));
  return { cells, partition: set.partition, objective: objectiveOf(space, model, cells) };
}

const noSupply: CellSupply = { units: [], granules: [] };

/** NICs on the cells' nodes, or from anywhere where the locality allows: the nearest ones. */
function nicsFor(
  space: Space,
  model: CostModel,
  rules: Rules,
  accelerators: readonly Device[],
  homes: readonly number[],
): readonly Device[] | null {
  const { count } = space.request.nics;
  if (count === 0) return [];
  const nics = space.nics.filter(({ node }) => !rules.besideDevices || homes.includes(node ?? -1));
  const cost = accelerators.map((a) =>
    nics.map((nic) => model.networkPair(a.address, nic.address)),
  );
  return chooseNics(nics, count, cost, (chosen) => extraDevices([...accelerators, ...chosen]));
}
