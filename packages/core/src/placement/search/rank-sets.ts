import { invariant } from "../../invariant.ts";
import type { Device } from "../inventory/devices.ts";
import { acceleratorBound } from "./accelerator-bound.ts";
import { type Alongside, alongside } from "./alongside.ts";
import { type BoundOnDemand, boundOnDemand } from "./bound-on-demand.ts";
import { hasMany, visitGoodFirst } from "./good-set-first.ts";
import { likelySet } from "./likely-set.ts";
import type { Making } from "./making.ts";
import { networkCosts } from "./nic-paths.ts";
import { networkBound } from "./network-bound.ts";
import { boundOn, offerSet, type SpreadTask } from "./offer-set.ts";
import type { FreePartition } from "./partitions.ts";
import { type PairCosts, peerPairs } from "./pair-costs.ts";
import {
  type Candidates,
  hasSetOn,
  type SetPruning,
  visitOneSet,
  visitSets,
} from "./sets-on-spread.ts";
import type { SpreadOption } from "./spread-option.ts";
import { supplyOf } from "./spread-supply.ts";
import type { Spread } from "./spreads.ts";

/** Ranks sets of one search, spread by spread. */
export interface SetRanking {
  /** What any set of a spread costs at least. */
  readonly least: (option: SpreadOption) => number;
  /**
   * Offers the sets of a spread that could matter, or only that of a partition; false at the end of
   * the effort.
   *
   * @param least what any of them costs at least, where that is known.
   */
  readonly rank: (option: SpreadOption, partition: FreePartition | null, least?: number) => boolean;
}

/**
 * What a set costs is known in parts: what its nodes' memory adds is the same for all sets of a
 * spread and worked out once for it (`spread-supply.ts`); transfers between its accelerators, and to
 * NICs, are bounded while it is put together, and so is what comes along in IOMMU groups. NICs are
 * chosen last (`offer-set.ts`).
 *
 * So a spread is asked about three times before any of its sets: as soon as it is seen, when it is
 * known what comes along in any case, and when cores and memory have been found for its cells.
 */
export function setRanking(
  making: Making,
  devices: readonly Device[],
  candidates: Candidates,
): SetRanking {
  const { space, model, rules } = making;
  const { peer, network } = model.weights;
  const { shelves } = candidates;
  let made: PairCosts | null = null;
  const pairs = (): PairCosts => (made ??= peerPairs(space, devices));
  const search: SetSearch = {
    ...making,
    devices,
    candidates,
    pairs,
    guess: { made: false },
    paths: boundOnDemand(() => {
      const { alone, rest } = networkBound(space, network, devices, shelves, rules.besideDevices);
      return [acceleratorBound(space, peer, shelves, pairs, alone), rest];
    }),
    along: alongside(space.inventory.devices.groupSizes, [...devices, ...space.nics]),
  };
  return {
    least: (option) => option.memoryLeast + leastOfPaths(search, option.spread),
    rank: (option, partition, least) => rankSpread(search, option, partition, least),
  };
}

interface SetSearch extends Making {
  readonly devices: readonly Device[];
  /** The same, as sets are made of them. */
  readonly candidates: Candidates;
  /** What transfers between accelerators and to NICs add. */
  readonly paths: BoundOnDemand;
  /** What transfers between any two accelerators cost. */
  readonly pairs: () => PairCosts;
  /** Whether a good set has been guessed. */
  readonly guess: { made: boolean };
  /** How many devices come along. */
  readonly along: Alongside;
}

function leastOfPaths({ paths }: SetSearch, spread: Spread): number {
  paths.begin(spread);
  return paths.least([], 0);
}

function rankSpread(
  search: SetSearch,
  option: SpreadOption,
  partition: FreePartition | null,
  least?: number,
): boolean {
  const { space, model, rules, ranked, effort } = search;
  const { spread, homes, memoryLeast } = option;
  let ofPaths = least === undefined ? null : least - memoryLeast;
  const first = (): readonly number[] => firstSet(search, spread);
  const mayMatter = (memory: number, extra: number): boolean => {
    if (ranked.unbounded()) return true;
    ofPaths ??= leastOfPaths(search, spread);
    return ranked.open(boundOn(option, memory + ofPaths, extra), first);
  };
  if (!mayMatter(memoryLeast, 0)) return true;
  if (space.request.accelerators.link !== "any" && !hasSetOn(search.candidates, spread, effort)) {
    return true;
  }
  const nics = rules.besideDevices
    ? space.nics.filter(({ node }) => homes.includes(node ?? -1))
    : space.nics;
  beginAlong(search, spread, nics);
  effort.spend(workPerSpread);
  const extra = ranked.unbounded() ? 0 : forcedExtra(search, spread);
  if (extra > 0 && !mayMatter(memoryLeast, extra)) return effort.sufficed();
  effort.spend(rules.work * homes.length);
  const supply = supplyOf(space, model, rules, option);
  if (supply === null) return effort.sufficed();
  if (!mayMatter(supply.memoryCost, extra)) return effort.sufficed();
  return rankSetsOf(search, { option, supply, partition: partition?.id ?? null, nics }, partition);
}

/** In units of effort, beside what finding out where cores and memory come from takes. */
const workPerSpread = 60;

/** Offers the sets of a spread that could matter, or the partition alone. */
function rankSetsOf(search: SetSearch, task: SpreadTask, partition: FreePartition | null): boolean {
  const { space, ranked, effort, devices, candidates, paths, along } = search;
  const { option, supply } = task;
  const nicsWanted = space.request.nics.count;
  paths.begin(option.spread);
  // The positions on the machine of those chosen.
  const positions: number[] = [];
  const beginning = (): readonly number[] => positions;
  const pruning: SetPruning = {
    take: (i) => {
      const device = deviceAt(devices, i);
      positions.push(device.position);
      along.take(device);
    },
    untake: (i) => {
      positions.pop();
      along.untake(deviceAt(devices, i));
    },
    pass: (i) => along.pass(deviceAt(devices, i)),
    unpass: (i) => along.unpass(deviceAt(devices, i)),
    open: (set, from) => {
      if (ranked.unbounded()) return true;
      const cost = supply.memoryCost + paths.least(set, from);
      return ranked.open(boundOn(option, cost, along.least(nicsWanted)), beginning);
    },
    effort,
  };
  const offer = (set: readonly number[]): boolean => {
    const accelerators = set.flatMap((i) => devices[i] ?? []);
    offerSet(search, task, along, accelerators);
    return effort.sufficed();
  };
  const { spread } = option;
  if (partition !== null) return visitOneSet(candidates, spread, pruning, partition.set, offer);
  // What is good on the first spread with many sets is good enough for those after it.
  if (search.guess.made || !hasMany(candidates, spread)) {
    return visitSets(candidates, spread, pruning, offer);
  }
  const likely = (): readonly number[] | null => {
    search.guess.made = true;
    effort.spend(workPerLikely * devices.length);
    return likelySet(candidates, spread, besidePairs(search), search.pairs());
  };
  return visitGoodFirst(candidates, spread, pruning, likely, offer);
}

/** In units of effort, for each candidate. */
const workPerLikely = 200;

/** What each accelerator pays to its nearest NIC, in units of what a pair's transfers cost. */
function besidePairs({ space, model, devices }: SetSearch): Float64Array {
  const { accelerators, nics } = space.request;
  if (nics.count === 0) return new Float64Array(devices.length);
  const network = model.weights.network / (accelerators.count + nics.count);
  const pairs = (accelerators.count * (accelerators.count - 1)) / 2;
  return Float64Array.from(networkCosts(space, devices, space.nics), (costs) => {
    return ((network * Math.min(...costs)) / model.weights.peer) * pairs;
  });
}

/** Of a set on these shelves, with these NICs on offer, nothing is chosen yet. */
function beginAlong(
  { space, devices, candidates, along }: SetSearch,
  spread: Spread,
  nics: readonly Device[],
): void {
  const { shelfOf } = candidates;
  const inUse = devices.filter((_, i) => spread[shelfOf[i] ?? -1] !== 0);
  along.begin(inUse, space.request.nics.count === 0 ? [] : nics);
}

/** What comes along at least with the shelves that a spread takes whole. */
function forcedExtra({ space, devices, candidates, along }: SetSearch, spread: Spread): number {
  const { shelves } = candidates;
  const each = (act: (device: Device) => void): void => {
    for (const [s, { members }] of shelves.entries()) {
      if (spread[s] !== members.length) continue;
      for (const i of members) act(deviceAt(devices, i));
    }
  };
  each(along.take);
  const extra = along.least(space.request.nics.count);
  each(along.untake);
  return extra;
}

/** The positions on the machine of the first set of a spread. */
function firstSet({ devices, candidates }: SetSearch, spread: Spread): readonly number[] {
  return candidates.shelves
    .flatMap(({ members }, s) => members.slice(0, spread[s] ?? 0))
    .map((i) => devices[i]?.position ?? -1)
    .toSorted((a, b) => a - b);
}

function deviceAt(devices: readonly Device[], i: number): Device {
  const device = devices[i];
  invariant(device !== undefined, "a candidate is known by its position");
  return device;
}
