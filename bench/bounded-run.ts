import { compileInventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import { emptyOccupancy } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { refuse } from "@evenkeel/core/placement/refuse/refuse.ts";
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
import { cpuTime } from "./interleave.ts";

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
for (let seed = 0; seed < Number(cases); seed++) {
  const one = worstCase(size, seed);
  console.log(JSON.stringify({ name: one.name }));
  console.log(JSON.stringify({ name: one.name, ...timed(one, family === "small") }));
}

/** Of the search the median of repeated calls; of a refusal, which searches some dozen times, one. */
function timed(
  { topology, request }: WorstCase,
  refusals: boolean,
): { readonly ms: number; readonly refuseMs: number } {
  const inventory = compileInventory(topology, policy);
  const occupancy = emptyOccupancy(inventory);
  const search = (): boolean => searchSpace(spaceFor(inventory, occupancy, request), {}) === null;
  let isRefused = false;
  const times = [cpuTime(1, () => void (isRefused = search()))];
  // What is slow by far needs no fine median.
  while (times.length < 15 && (times.at(-1) ?? 0) < 20) times.push(cpuTime(1, () => void search()));
  times.sort((a, b) => a - b);
  const host = { topology, policy, taken: [] };
  return {
    ms: times[times.length >> 1] ?? Number.NaN,
    refuseMs: isRefused && refusals ? cpuTime(1, () => void refuse(host, request)) : 0,
  };
}
