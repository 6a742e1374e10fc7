import { compileInventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import { emptyOccupancy } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { refuse } from "@evenkeel/core/placement/refuse/refuse.ts";
import { effort } from "@evenkeel/core/placement/search/effort.ts";
import { searchSpace } from "@evenkeel/core/placement/search/search.ts";
import { spaceFor } from "@evenkeel/core/placement/space/space.ts";
import {
  smallWorst,
  vastWorst,
  wideWorst,
  worstCase,
  type WorstCase,
} from "@evenkeel/core/placement/testing/worst-cases.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";

/**
 * `node bounded-run.ts small|wide|vast CASES`: a line of JSON before each case and one after it, so
 * that who reads them knows which was not answered when the process is ended.
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

const [family = "small", cases = "100"] = process.argv.slice(2);
const size = sizes.get(family);
if (size === undefined) throw new Error(`there is no family ${family}`);
// Several rounds before the one that is told: what is measured is the search, not how the code gets
// compiled, and a machine that is slow for some seconds should not be so at every round.
const earlierRounds = family === "small" ? 8 : 0;
const bests = new Map<number, number>();
for (let round = 0; round < earlierRounds; round++) {
  for (let seed = 0; seed < Number(cases); seed++) {
    const { search } = prepared(worstCase(size, seed));
    bests.set(seed, Math.min(bests.get(seed) ?? Infinity, bestOf(search, 15)));
  }
}
for (let seed = 0; seed < Number(cases); seed++) {
  const one = worstCase(size, seed);
  console.log(JSON.stringify({ name: one.name }));
  const { ms, ...rest } = timed(one, family === "small");
  const best = Math.min(ms, bests.get(seed) ?? Infinity);
  console.log(JSON.stringify({ name: one.name, ms: best, ...rest }));
}

/** What the search comes to, and what it has spent of the effort that it may. */
interface Answer {
  readonly isRefused: boolean;
  readonly spent: number;
}

function prepared({ topology, request }: WorstCase): { readonly search: () => Answer } {
  const inventory = compileInventory(topology, policy);
  const occupancy = emptyOccupancy(inventory);
  return {
    search: () => {
      const steps = effort();
      const found = searchSpace(spaceFor(inventory, occupancy, request), { effort: steps });
      return { isRefused: found === null, spent: steps.spent() };
    },
  };
}

/**
 * Of the search the best of repeated calls, on the clock on the wall: CPU time is the whole
 * process', with the threads that compile its code and collect its garbage, and whatever else runs
 * on the machine can only add to the time of a call. Of a refusal, which searches some dozen times,
 * one call.
 */
function timed(
  one: WorstCase,
  refusals: boolean,
): { readonly ms: number; readonly refuseMs: number; readonly spent: number } {
  const { search } = prepared(one);
  const { isRefused, spent } = search();
  const ms = bestOf(() => void search(), 25);
  const host = { topology: one.topology, policy, taken: [] };
  const refuseMs = isRefused && refusals ? wallTime(() => void refuse(host, one.request)) : 0;
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
