import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { capacities } from "./capacity/cases.ts";
import type { Case } from "./cases.ts";
import { kindOf, type Mismatch, placements, type Trial, tryCases } from "./run.ts";
import { comparePairs, renameAll } from "./signatures.ts";

/**
 * `npm run exactness -- [placements|signatures|capacity] [--cases N] [--seed S] [--from F]`
 *
 * `placements` compares the search with an integer program on cases made from the seed. A mismatch
 * is printed, and written in its smallest form to `out/exactness/`. The same seed gives the same
 * cases, and `--from` begins at any one of them.
 *
 * `capacity` compares the count of slots on a small host, and the loss of a placement, with brute
 * force, and keeps mismatches in the same way.
 *
 * `signatures` renames everything in placements, which must keep their signatures, and compares
 * signatures with an independent search for a renaming, over all pairs of a set.
 *
 * Without a name, all three run.
 */
const usage =
  "usage: npm run exactness -- [placements|signatures|capacity] [--cases N] [--seed S] [--from F]";

const parts = ["placements", "signatures", "capacity"] as const;
/** These take some minutes. */
const usualCases = { placements: 20_000, capacity: 25_000 } as const;
const [renamings, pairedPlacements] = [10_000, 4000];

interface Arguments {
  readonly chosen: readonly string[];
  /** Null for the usual number. */
  readonly cases: number | null;
  readonly seed: number;
  readonly from: number;
}

function readArguments(): Arguments | null {
  const count = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { cases: { type: "string" }, seed: { type: "string" }, from: { type: "string" } },
    });
    const cases = values.cases === undefined ? null : count(values.cases);
    const seed = count(values.seed ?? `${Date.now() % 1_000_000}`);
    const from = count(values.from ?? "0");
    const unknown = positionals.some((given) => !parts.some((part) => part === given));
    if (unknown || [cases, seed, from].some(Number.isNaN)) return null;
    return { chosen: positionals.length === 0 ? parts : positionals, cases, seed, from };
  } catch {
    return null;
  }
}

/** Writes a mismatch so that it can be repeated without the generator. */
function keep<C extends Case>(seed: number, mismatch: Mismatch<C>): string {
  const { number, smallest, smallestWhat } = mismatch;
  const folder = join(import.meta.dirname, "../../out/exactness");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${seed}-${number}.json`);
  const { machine, alterations, host, topology: altered, ...asked } = smallest;
  // Unchanged machines are known by their name in the catalog, or by their synthetic text.
  const topology = alterations.length === 0 ? null : altered;
  const { policy, taken } = host;
  const kept = { what: smallestWhat, machine, alterations, topology, policy, taken, ...asked };
  writeFileSync(path, `${JSON.stringify(kept, null, 2)}\n`);
  return path;
}

/** Returns whether all signatures are right. */
function trySignatures({ seed }: Arguments): boolean {
  const { changed } = renameAll(seed, renamings);
  console.log(`${renamings} renamings, seed ${seed}: ${changed.length} change a signature`);
  const { twins, others, nearly, faults } = comparePairs(seed, pairedPlacements);
  console.log(
    `${twins + others} pairs of ${pairedPlacements} placements, seed ${seed}: ${twins} twins, ` +
      `${nearly} nearly, ${faults.length} faults`,
  );
  for (const fault of [...changed, ...faults].slice(0, 12)) console.log(`  ${fault}`);
  return changed.length + faults.length === 0;
}

/** Returns whether all cases agree with the integer program, or with brute force. */
async function tryAll<C extends Case>(
  trial: Trial<C>,
  cases: number,
  { seed, from }: Arguments,
): Promise<boolean> {
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
  const line = (text: string): void => void process.stdout.write(`\r\u001b[K${text}`);
  console.log(`seed ${seed}, ${cases} cases from ${from}`);
  const findings = await tryCases(trial, {
    from,
    cases,
    onProgress: (done, mismatches) => {
      if (process.stdout.isTTY) line(`${done} of ${cases} in ${seconds()} s, ${mismatches} differ`);
      else if (done % 1000 === 0) console.log(`${done} in ${seconds()} s, ${mismatches} differ`);
    },
  });
  if (process.stdout.isTTY) line("");
  const kinds = [...findings.kinds].toSorted((a, b) => b[1] - a[1]);
  console.log(
    `${cases} cases in ${seconds()} s, seed ${seed}: ` +
      kinds.map(([kind, times]) => `${times} ${kind}`).join(", "),
  );
  for (const [kind, mismatches] of Map.groupBy(findings.mismatches, ({ what }) => kindOf(what))) {
    console.log(`${mismatches.length} × ${kind}`);
    for (const mismatch of mismatches.slice(0, 3)) print(seed, mismatch);
  }
  console.log(
    findings.mismatches.length === 0 ? "no mismatch" : `${findings.mismatches.length} mismatches`,
  );
  return findings.mismatches.length === 0;
}

function print<C extends Case>(seed: number, mismatch: Mismatch<C>): void {
  const { machine, alterations, host, topology: _, ...asked } = mismatch.smallest;
  console.log(`case ${mismatch.number}: ${mismatch.what}`);
  console.log(`  smallest: ${[machine, ...alterations].join(" ")}, ${host.taken.length} VMs on it`);
  console.log(`    ${JSON.stringify(asked)}`);
  console.log(`    ${mismatch.smallestWhat}`);
  console.log(`    ${keep(seed, mismatch)}`);
}

const options = readArguments();
if (options === null) {
  console.error(usage);
  process.exitCode = 2;
} else {
  let right = true;
  if (options.chosen.includes("signatures")) right = trySignatures(options) && right;
  const { seed, cases } = options;
  if (options.chosen.includes("placements")) {
    right = (await tryAll(placements(seed), cases ?? usualCases.placements, options)) && right;
  }
  if (options.chosen.includes("capacity")) {
    right = (await tryAll(capacities(seed), cases ?? usualCases.capacity, options)) && right;
  }
  process.exitCode = right ? 0 : 1;
}
