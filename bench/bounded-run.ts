import { compileInventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import { emptyOccupancy } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { refuse } from "@evenkeel/core/placement/refuse/refuse.ts";
import { type Effort, effort, effortOn } from "@evenkeel/core/placement/search/effort.ts";
import { compareObjectives } from "@evenkeel/core/placement/search/layout.ts";
import { type Found, searchSpace } from "@evenkeel/core/placement/search/search.ts";
import { spaceFor } from "@evenkeel/core/placement/space/space.ts";
import {
  smallWorst,
  vastWorst,
  wideWorst,
  worstCase,
  type WorstCase,
  type WorstSize,
} from "@evenkeel/core/placement/testing/worst-cases.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";

/**
 * `node bounded-run.ts small|wide|vast ALL CASES`: of all so many those that are the most
 * work. A line of JSON before each and one after it, so that who reads them knows which was not
 * answered when the process is ended; and one about all of them.
 */
const sizes = new Map([
  ["small", smallWorst],
  ["wide", wideWorst],
  ["vast", vastWorst],
]);
const policy = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, coresPerNode: 0 },
};

const [family = "small", all = "100", cases = all] = process.argv.slice(2);
const size = sizes.get(family);
if (size === undefined) throw new Error(`there is no family ${family}`);
const isSmall = family === "small";
const isChosen = Number(all) > Number(cases);
const seeds = isChosen ? hardest(size) : [...Array(Number(cases)).keys()];
// Several rounds before the one that is told: what is measured is the search, not how the code gets
// compiled, and a machine that is slow for some seconds should not be so at every round.
const earlierRounds = isSmall ? 10 : 0;
const bests = new Map<number, number>();
for (let round = 0; round < earlierRounds; round++) {
  for (const seed of seeds) {
    const { search } = prepared(worstCase(size, seed));
    bests.set(seed, Math.min(bests.get(seed) ?? Infinity, bestOf(search, 15)));
  }
}
for (const seed of seeds) {
  const one = worstCase(size, seed);
  console.log(JSON.stringify({ name: one.name }));
  const { ms, ...rest } = timed(one);
  const best = Math.min(ms, bests.get(seed) ?? Infinity);
  console.log(JSON.stringify({ name: one.name, ms: best, ...rest }));
}

/** The seeds of the cases that are the most work; tells of all cases how many were not certain. */
function hardest(of: WorstSize): readonly number[] {
  let uncertain = 0;
  const worse: number[] = [];
  const work = Array.from({ length: Number(all) }, (_, seed) => {
    const { search } = prepared(worstCase(of, seed));
    const { found, spent } = search();
    if (found?.exhaustive === false) {
      uncertain++;
      const [own, best] = [found.best.objective, search(effort()).found?.best.objective];
      if (best !== undefined && compareObjectives(best, own) < 0)
        worse.push(own.cost / best.cost - 1);
    }
    return { seed, spent };
  });
  const summary = { uncertain, worse: worse.length, by: Math.max(0, ...worse) };
  console.log(JSON.stringify(summary));
  return work
    .toSorted((a, b) => b.spent - a.spent)
    .slice(0, Number(cases))
    .map(({ seed }) => seed);
}

interface Prepared {
  /** As far as a search goes by itself, or with this effort. */
  readonly search: (steps?: Effort) => { readonly found: Found | null; readonly spent: number };
}

function prepared({ topology, request }: WorstCase): Prepared {
  const inventory = compileInventory(topology, policy);
  const occupancy = emptyOccupancy(inventory);
  return {
    search: (given) => {
      const space = spaceFor(inventory, occupancy, request);
      const steps = given ?? effortOn(space);
      const found = searchSpace(space, { effort: steps });
      return { found, spent: steps.spent() };
    },
  };
}

/**
 * Of the search the best of repeated calls, on the clock on the wall: CPU time is the whole
 * process', with the threads that compile its code and collect its garbage, and whatever else runs
 * on the machine can only add to the time of a call. Of a refusal, which searches some dozen times,
 * one call.
 */
function timed(one: WorstCase): {
  readonly ms: number;
  readonly refuseMs: number;
  readonly spent: number;
} {
  const { search } = prepared(one);
  const { found, spent } = search();
  const ms = bestOf(() => void search(), 25);
  const host = { topology: one.topology, policy, taken: [] };
  const isTold = found === null && isSmall;
  const refuseMs = isTold ? wallTime(() => void refuse(host, one.request)) : 0;
  return { ms, refuseMs, spent };
}

/** Milliseconds of the best of so many calls. */
function bestOf(run: () => void, calls: number): number {
  let best = Infinity;
  let last = 0;
  // What is slow by far needs no fine measure.
  for (let call = 0; call < calls && last < 100; call++) {
    last = wallTime(run);
    best = Math.min(best, last);
  }
  return best;
}

/** Milliseconds that a call takes. */
function wallTime(run: () => void): number {
  const started = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - started) / 1e6;
}
