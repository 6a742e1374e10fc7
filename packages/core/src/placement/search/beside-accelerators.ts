import type { CostModel } from "../../cost/placement-cost.ts";
import { interconnects } from "../../topology/interconnect.ts";
import type { FreeDevice } from "../space/devices.ts";
import type { Space } from "../space/space.ts";
import { type AcceleratorSet, acceleratorSets, satisfiesLink } from "./accelerator-sets.ts";
import { extraDevices } from "./extra.ts";
import { distances, spreadBound } from "./distance.ts";
import type { CellSupply } from "./fit.ts";
import type { Layout, LayoutCell } from "./layout.ts";
import { chooseNics } from "./nic-choice.ts";
import { objectives } from "./objective.ts";
import { type Ranking, ranking } from "./ranking.ts";
import type { Rules } from "./rules.ts";
import { proportionalSplit } from "./split.ts";

/**
 * Ranks the ways to place a request beside accelerators.
 *
 * The cells are the accelerators' nodes, so sets on one node are tried before any on two, and so
 * on: once the best and the next best are known, more cells cannot matter. A beginning of a set is
 * given up when even perfect pairs for all that is missing would not make it matter.
 */
export function rankBesideAccelerators(space: Space, model: CostModel, rules: Rules): Ranking {
  const { link } = space.request.accelerators;
  const candidates = space.accelerators.filter(({ node }) => node !== null || !rules.besideDevices);
  const between = interconnects(space.topology);
  const pairs = candidates.map((a) => candidates.map((b) => model.peerPair(a.address, b.address)));
  const connected = candidates.map((a) =>
    candidates.map((b) => satisfiesLink(between(a.address, b.address), link)),
  );
  const bound = peerBound(space.request.accelerators.count, model.weights.peer, pairs);
  const nodes = [...new Set(candidates.flatMap(({ node }) => node ?? []))];
  const distance = distances(space.topology);
  const ranked = ranking();
  const lookups: Lookups = {
    space,
    model,
    rules,
    extra: extraDevices(space.topology),
    judge: objectives(space, model),
  };
  for (let cells = 1; cells <= Math.max(1, nodes.length); cells++) {
    const ideal = { cells, extra: 0, uneven: 0, spread: spreadBound(nodes, cells, distance) };
    const sets = acceleratorSets(space, candidates, (a, b) => connected[a]?.[b] ?? false, {
      maxNodes: cells,
      promising: (positions) => ranked.open({ ...ideal, cost: bound(positions) }),
    });
    for (const set of sets) {
      for (const homes of homeNodes(set, space)) {
        if (homes.length !== cells) continue;
        const layout = layoutFor(lookups, set, homes);
        if (layout !== null) ranked.offer(layout);
      }
    }
    if (ranked.runnerUp() !== null) break;
  }
  return ranked;
}

/**
 * What a set that begins with these candidates costs at least: its known pairs as they are, all
 * others as the cheapest pair there is, everything beside the peers at its best, which is 1.
 */
function peerBound(
  count: number,
  weight: number,
  pairs: readonly (readonly number[])[],
): (positions: readonly number[]) => number {
  const all = (count * (count - 1)) / 2;
  const cheapest = Math.min(...pairs.flatMap((row, a) => row.filter((_, b) => a !== b)));
  return (positions) => {
    if (all === 0) return 1;
    const known = positions.flatMap((a, i) =>
      positions.slice(i + 1).map((b) => pairs[a]?.[b] ?? 1),
    );
    const peer = (known.reduce((a, b) => a + b, 0) + (all - known.length) * cheapest) / all;
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

/** What every layout of one search is made with, worked out once. */
interface Lookups {
  readonly space: Space;
  readonly model: CostModel;
  readonly rules: Rules;
  readonly extra: ReturnType<typeof extraDevices>;
  readonly judge: ReturnType<typeof objectives>;
}

function layoutFor(lookups: Lookups, set: AcceleratorSet, homes: readonly number[]): Layout | null {
  const { space, rules, judge } = lookups;
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
  }));
  const supplies = rules.fit(demands);
  if (supplies === null) return null;
  const nics = nicsFor(lookups, set.accelerators, homes);
  if (nics === null) return null;
  const cells = homes.map((node, i): LayoutCell => ({
    node,
    ...(supplies[i] ?? noSupply),
    accelerators: groups[i] ?? [],
    nics: nics.filter((nic) => nic.node === node || (i === 0 && !homes.includes(nic.node ?? -1))),
  }));
  return { cells, partition: set.partition, objective: judge(cells) };
}

const noSupply: CellSupply = { units: [], granules: [] };

/** NICs on the cells' nodes, or from anywhere where the locality allows: the nearest ones. */
function nicsFor(
  { space, model, rules, extra }: Lookups,
  accelerators: readonly FreeDevice[],
  homes: readonly number[],
): readonly FreeDevice[] | null {
  const { count } = space.request.nics;
  const nics = space.nics.filter(({ node }) => !rules.besideDevices || homes.includes(node ?? -1));
  if (count === 0) return [];
  const cost = accelerators.map((a) =>
    nics.map((nic) => model.networkPair(a.address, nic.address)),
  );
  return chooseNics(nics, count, cost, (chosen) => extra([...accelerators, ...chosen]));
}
