import { compileInventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import { emptyOccupancy } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { refuse } from "@evenkeel/core/placement/refuse/refuse.ts";
import { searchSpace } from "@evenkeel/core/placement/search/search.ts";
import { spaceFor } from "@evenkeel/core/placement/space/space.ts";
import {
  smallWorst,
  vastWorst,
  wideWorst,
  type WorstCase,
  worstCase,
} from "@evenkeel/core/placement/testing/worst-cases.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import { cpuTime } from "./interleave.ts";
import type { Figure } from "./report.ts";

const policy = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, coresPerNode: 0 },
};

const families = [
  {
    name: "up to 8 nodes, 16 accelerators",
    size: smallWorst,
    cases: 400,
    goalMs: 1,
    refusals: true,
  },
  {
    name: "up to 64 nodes, 16 accelerators",
    size: wideWorst,
    cases: 200,
    goalMs: 1000,
    refusals: false,
  },
  {
    name: "up to 64 nodes, 64 accelerators",
    size: vastWorst,
    cases: 100,
    goalMs: null,
    refusals: false,
  },
] as const;

/** A family is left after so long, and how far it got is said. */
const familyMsMax = 40_000;

interface Timed {
  readonly name: string;
  readonly ms: number;
  /** Null where the request was not refused, or refusals are not asked for. */
  readonly refuseMs: number | null;
}

/**
 * How long an answer takes on machines and requests that are made to be hard (`worst-cases.ts`):
 * the median of repeated searches, once the code is compiled; and on small machines a refusal with
 * all its reasons and remedies, which searches some dozen times more.
 */
export function benchBounded(): readonly Figure[] {
  return families.flatMap(({ name, size, cases, goalMs, refusals }): Figure[] => {
    const started = performance.now();
    const timed: Timed[] = [];
    for (let seed = 0; seed < cases && performance.now() - started < familyMsMax; seed++) {
      timed.push(timedCase(worstCase(size, seed), refusals));
    }
    const bench = "bounded";
    const of = amountOf(timed.length, "case");
    const slowest = timed.toSorted((a, b) => b.ms - a.ms);
    const refused = timed.filter(({ refuseMs }) => refuseMs !== null);
    const longest = refused.toSorted((a, b) => (b.refuseMs ?? 0) - (a.refuseMs ?? 0))[0];
    const goal = goalMs === null ? null : { atMost: goalMs };
    const over = goalMs === null ? 0 : slowest.filter(({ ms }) => ms > goalMs).length;
    const quantile = (part: number): number => slowest[Math.floor(slowest.length * part)]?.ms ?? 0;
    return [
      { bench, subject: `${name}: median of ${of}`, value: quantile(0.5), unit: "ms", goal: null },
      { bench, subject: `${name}: 95 of 100`, value: quantile(0.05), unit: "ms", goal: null },
      ...(goalMs === null
        ? []
        : [
            {
              bench,
              subject: `${name}: cases over ${goalMs} ms`,
              value: over,
              unit: `of ${timed.length}`,
              goal: { atMost: 0 },
            },
          ]),
      ...slowest.slice(0, 3).map(({ name: worst, ms }): Figure => ({
        bench,
        subject: `  ${worst}`,
        value: ms,
        unit: "ms",
        goal,
      })),
      ...(longest === undefined
        ? []
        : [
            {
              bench,
              subject: `  longest refusal with remedies: ${longest.name}`,
              value: longest.refuseMs,
              unit: "ms",
              goal: null,
            },
          ]),
    ];
  });
}

function timedCase({ name, topology, request }: WorstCase, refusals: boolean): Timed {
  const inventory = compileInventory(topology, policy);
  const occupancy = emptyOccupancy(inventory);
  const search = (): boolean => searchSpace(spaceFor(inventory, occupancy, request), {}) === null;
  let isRefused = false;
  const times = [cpuTime(1, () => void (isRefused = search()))];
  // What is slow by far needs no fine median.
  while (times.length < 15 && (times.at(-1) ?? 0) < 20) times.push(cpuTime(1, () => void search()));
  times.sort((a, b) => a - b);
  const host = { topology, policy, taken: [] };
  const ms = times[times.length >> 1] ?? Number.NaN;
  return {
    name,
    ms,
    refuseMs: isRefused && refusals ? cpuTime(1, () => void refuse(host, request)) : null,
  };
}
