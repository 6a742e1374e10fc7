import type { CostModel } from "../../cost/placement-cost.ts";
import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import { type AcceleratorSet, visitAcceleratorSets } from "./accelerator-sets.ts";
import { spreadBound } from "./distance.ts";
import type { Effort } from "./effort.ts";
import { extraDevices } from "./extra.ts";
import { type CellSupply, proportionalDemands } from "./fit.ts";
import { acceleratorKinds, twinNodes } from "./kinds.ts";
import type { Layout, LayoutCell } from "./layout.ts";
import { chooseNics, leastNicCost } from "./nic-choice.ts";
import { objectiveOf } from "./objective.ts";
import type { Ranking } from "./ranking.ts";
import { reach } from "./reach.ts";
import type { Rules } from "./rules.ts";
import { extraBound, networkBound, nodeSpread, peerBound } from "./set-bounds.ts";
import { type Spreads, spreadsOver } from "./spreads.ts";

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
  const cost = peerBound(space, model.weights.peer, candidates);
  const network = networkBound(space, model.weights.network, candidates);
  const extra = extraBound(space, candidates);
  const spread = nodeSpread(space, candidates);
  const nodes = [...new Set(candidates.flatMap(({ node }) => node ?? []))];
  const kinds = acceleratorKinds(space, candidates);
  const twins = twinNodes(space, candidates);
  for (let cells = 1; cells <= Math.max(1, nodes.length); cells++) {
    let least: number | null = null;
    const leastSpread = (): number => (least ??= spreadBound(nodes, cells, relations.distance));
    const reaches = reach(space, candidates, rules, cells);
    let failures = 0;
    let spreads: Spreads | null = null;
    const pruning = {
      reaches: (positions: readonly number[]) =>
        reaches(positions) && (spreads === null || spreads.reaches(positions)),
      promising: (positions: readonly number[]) =>
        ranked.unbounded() ||
        ranked.open({
          cells,
          cost: cost(positions) + network(positions),
          extra: extra(positions),
          uneven: 0,
          spread: Math.max(leastSpread(), spread(positions)),
        }),
      kinds,
      twins,
      effort,
    };
    visitAcceleratorSets(space, candidates, connected, pruning, (set) => {
      for (const homes of homeNodes(set, space)) {
        if (homes.length !== cells) continue;
        const layout = layoutFor({ space, model, rules, ranked, effort }, set, homes);
        if (layout !== null) ranked.offer(layout);
        else if (++failures === failuresMax) {
          spreads = spreadsOver(space, candidates, rules, cells, effort);
        }
      }
      return spreads === null || !spreads.isEmpty;
    });
    if (ranked.settled()) break;
  }
}

/** After so many sets that came to nothing it is worth to ask which spreads over nodes could. */
const failuresMax = 32;

/**
 * The nodes that may be the cells: those of the accelerators. An accelerator whose node is unknown
 * adds none; where no node is known at all, any one that has cores may be the home.
 */
function homeNodes({ accelerators }: AcceleratorSet, space: Space): readonly (readonly number[])[] {
  const known = [...new Set(accelerators.flatMap(({ node }) => node ?? []))];
  if (known.length > 0) return [known.toSorted((a, b) => a - b)];
  return space.nodes.filter((node) => node.units > 0).map((node) => [node.id]);
}

/** What every layout of one search is made with. */
interface Making {
  readonly space: Space;
  readonly model: CostModel;
  readonly rules: Rules;
  readonly ranked: Ranking;
  readonly effort: Effort;
}

/** The layout of a set of accelerators, or null where it does not fit or could not matter. */
function layoutFor(making: Making, set: AcceleratorSet, homes: readonly number[]): Layout | null {
  const { space, model, rules, effort } = making;
  const groups = homes.map((home, i) =>
    set.accelerators.filter(({ node }) => node === home || (node === null && i === 0)),
  );
  const demands = proportionalDemands(
    space,
    homes,
    groups.map((group) => group.map((device) => device.node)),
  );
  if (demands === null) return null;
  effort.spend(100 + rules.work * demands.length);
  const supplies = rules.fit(demands);
  if (supplies === null) return null;
  const withoutNics = homes.map((node, i): LayoutCell => ({
    node,
    ...(supplies[i] ?? noSupply),
    accelerators: groups[i] ?? [],
    nics: [],
  }));
  const { count } = space.request.nics;
  if (count === 0) {
    const objective = objectiveOf(space, model, withoutNics);
    return { cells: withoutNics, partition: set.partition, objective };
  }
  const nics = nicsFor(making, set, homes, withoutNics);
  if (nics === null) return null;
  const cells = withoutNics.map((cell, i) => ({
    ...cell,
    nics: nics.filter(
      (nic) => nic.node === cell.node || (i === 0 && !homes.includes(nic.node ?? -1)),
    ),
  }));
  return { cells, partition: set.partition, objective: objectiveOf(space, model, cells) };
}

/**
 * NICs on the cells' nodes, or from anywhere where the locality allows: the nearest ones. None where
 * there are too few, or where the layout could not matter even with the best: what it costs beside
 * the network is known, and what the NICs cost at least too.
 */
function nicsFor(
  { space, model, rules, ranked, effort }: Making,
  { accelerators }: AcceleratorSet,
  homes: readonly number[],
  withoutNics: readonly LayoutCell[],
): readonly Device[] | null {
  const { count } = space.request.nics;
  const offered = space.nics.filter(
    ({ node }) => !rules.besideDevices || homes.includes(node ?? -1),
  );
  if (offered.length < count) return null;
  const cost = accelerators.map((a) =>
    offered.map((nic) => model.networkPair(a.address, nic.address)),
  );
  const bare = objectiveOf(space, model, withoutNics);
  const network = leastNicCost(offered.length, count, cost) / (accelerators.length + count);
  const least = bare.cost + model.weights.network * (network - 1);
  if (!ranked.open({ ...bare, extra: Math.max(0, bare.extra - count), cost: least })) return null;
  const extra = (chosen: readonly Device[]): number => extraDevices([...accelerators, ...chosen]);
  return chooseNics(offered, count, cost, extra, effort);
}

const noSupply: CellSupply = { units: [], granules: [] };
