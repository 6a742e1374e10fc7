import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import { type Effort, effort as effortOf } from "./effort.ts";
import { alikeBefore, twinNodes } from "./kinds.ts";
import type { Making } from "./making.ts";
import { freePartitions } from "./partitions.ts";
import { setRanking } from "./rank-sets.ts";
import { type Candidates, hasSetOn, unconnectedOf } from "./sets-on-spread.ts";
import { connectedShelves, shelfOfEach, shelvesOf } from "./shelves.ts";
import { mostPerShelf, type SpreadOption, spreadOptions } from "./spread-option.ts";
import { spreadsOf } from "./spreads.ts";

/**
 * Ranks the ways to place a request beside accelerators.
 *
 * The cells are the accelerators' nodes, so sets on one node are tried before any on two, and so
 * on: once the best and the next best are known, more cells cannot matter. For each number of cells
 * come first the spreads, so many accelerators on each node, and of those that their nodes can hold
 * the ones that could cost least before the others; then the sets of each spread. A spread, or the
 * beginning of a set, is given up when not even the cheapest that it could lead to would matter.
 * Spreads are put in order some hundreds at a time, for large machines have more than anybody could
 * list.
 */
export function rankBesideAccelerators(making: Making): void {
  const { space, model, rules, ranked, effort } = making;
  const { request } = space;
  if (space.nics.length < request.nics.count) return;
  const devices = linkable(
    space,
    space.accelerators.filter(({ node }) => node !== null || !rules.besideDevices),
  );
  const candidates = candidatesOf(space, devices);
  if (!hasConnectedSet(candidates, request.accelerators.count, effort)) return;
  const { shelves } = candidates;
  const sets = setRanking(making, devices, candidates);
  const optionsOf = spreadOptions(space, shelves, model, rules);
  const isPartitioned = space.topology.partitions.length > 0;
  const partitions = isPartitioned ? freePartitions(space, devices, candidates.connected) : [];
  const visitSpreads = spreadsOf(shelves, {
    count: request.accelerators.count,
    most: mostPerShelf(space, shelves, rules),
    twins: twinNodes(space, devices),
    together: togetherAsAsked(space, candidates),
    effort,
  });
  const nodes = shelves.filter(({ node }) => node !== null).length;
  for (let cells = 1; cells <= Math.max(1, nodes); cells++) {
    if (!rules.isPossible(cells)) continue;
    for (const partition of partitions) {
      const { set } = partition;
      const spread = shelves.map(({ members }) => set.filter((i) => members.includes(i)).length);
      for (const option of optionsOf(spread)) {
        if (option.homes.length === cells) sets.rank(option, partition);
      }
    }
    let batch: SpreadOption[] = [];
    const rankBatch = (): boolean => {
      const inOrder = cheapestFirst(batch, sets.least);
      batch = [];
      return inOrder.every(({ option, least }) => sets.rank(option, null, least));
    };
    if (!isPartitioned) {
      visitSpreads(cells, (spread) => {
        const options = optionsOf(spread);
        batch.push(...options);
        effort.spend(workPerCell * cells + workPerOption * options.length);
        return effort.sufficed() && (batch.length < batchMax || rankBatch());
      });
    }
    rankBatch();
    if (ranked.settled()) break;
  }
}

/** Whether there may be any connected set at all, wherever it lies: as far as is soon told. */
function hasConnectedSet(candidates: Candidates, count: number, effort: Effort): boolean {
  const { alike, unconnected } = candidates;
  if (unconnected.length === 0) return true;
  const members = [...alike.keys()];
  const asOne = { ...candidates, shelves: [{ node: null, members }] };
  const part = effortOf(connectedEffort);
  const isAny = hasSetOn({ ...asOne, shelfOf: new Int32Array(members.length) }, [count], part);
  return effort.spend(part.spent()) && isAny;
}

/** The most that it may take to tell. */
const connectedEffort = 1 << 16;

/** In units of effort, for each cell of a spread, and for each way to have cells that is put in order. */
const workPerCell = 8;
const workPerOption = 100;

/** So many spreads are put in order at once. */
const batchMax = 1024;

interface Bounded {
  readonly option: SpreadOption;
  readonly least?: number;
}

/** By what each costs at least; for a few that is not worth working out. */
function cheapestFirst(
  options: readonly SpreadOption[],
  leastOf: (option: SpreadOption) => number,
): readonly Bounded[] {
  if (options.length <= 2) return options.map((option) => ({ option }));
  return options
    .map((option) => ({ option, least: leastOf(option) }))
    .toSorted((a, b) => a.least - b.least);
}

/**
 * Those of the accelerators that are connected as asked with enough others of them to make a set:
 * one that is not can be in none, and without it others may not be either.
 */
function linkable(space: Space, devices: readonly Device[]): readonly Device[] {
  const { link, count } = space.request.accelerators;
  if (link === "any") return devices;
  const links = space.inventory.relations.connected(link);
  const left = devices.filter((a) => {
    const others = devices.filter((b) => a !== b && links[a.position]?.[b.position] === true);
    return others.length >= count - 1;
  });
  return left.length === devices.length ? left : linkable(space, left);
}

/** The accelerators on offer, as sets are made of them. */
export function candidatesOf(space: Space, devices: readonly Device[]): Candidates {
  const shelves = shelvesOf(devices);
  const connected = connectedAsAsked(space, devices);
  const isAny = space.request.accelerators.link === "any";
  return {
    shelves,
    shelfOf: shelfOfEach(shelves, devices.length),
    alike: alikeBefore(space, devices),
    connected,
    unconnected: isAny ? [] : unconnectedOf(devices.length, connected),
  };
}

/** Which two shelves a set that is connected as asked may lie on; null where all may. */
export function togetherAsAsked(
  { request }: Space,
  { shelves, connected }: Candidates,
): Uint8Array | null {
  return request.accelerators.link === "any" ? null : connectedShelves(shelves, connected);
}

function connectedAsAsked(space: Space, devices: readonly Device[]): Candidates["connected"] {
  const { link } = space.request.accelerators;
  if (link === "any") return () => true;
  const links = space.inventory.relations.connected(link);
  const total = devices.length;
  const table = new Uint8Array(total * total);
  for (let a = 0; a < total; a++) {
    const row = links[devices[a]?.position ?? -1];
    for (let b = 0; b < total; b++) {
      if (row?.[devices[b]?.position ?? -1] === true) table[a * total + b] = 1;
    }
  }
  return (a, b) => table[a * total + b] === 1;
}
