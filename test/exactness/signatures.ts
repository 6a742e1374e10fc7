import { planSignature } from "@evenkeel/core/plan/signature/signature.ts";
import { randomFor } from "../../fuzz/random.ts";
import { madePlacements, randomPlacements } from "./placements.ts";
import { type Placement, relabeled } from "./relabel.ts";
import { areTwins, type Figure, figureOf, summary } from "./twins.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

const signatureOf = ({ topology, plan }: Placement): string =>
  planSignature(plan, topology).signature;

/** How many times each placement is renamed. */
const namesEach = 20;

/** Renames placements `times` times in all; half of them are the search's, half are random. */
export function renameAll(seed: number, times: number): { readonly changed: readonly string[] } {
  const changed: string[] = [];
  const made = madePlacements(seed);
  const others = randomPlacements(seed, Math.ceil(times / namesEach / 2));
  for (let run = 0; run < times; run += namesEach) {
    const index = run / namesEach;
    const other = index % 2 === 0 ? made.next().value : others[(index - 1) / 2];
    if (other === undefined) break;
    const signature = signatureOf(other);
    for (let again = 0; again < namesEach; again++) {
      const renamed = relabeled(other, randomFor(seed, "names", run + again));
      const signed = signatureOf(renamed);
      if (signed !== signature) {
        changed.push(`placement ${index}, names ${again}: ${signature} becomes ${signed}`);
      }
    }
  }
  return { changed };
}

/** The findings over all pairs of a set of placements. */
export interface Pairs {
  readonly twins: number;
  readonly others: number;
  /** How many of the others have the same summary. */
  readonly nearly: number;
  readonly faults: readonly string[];
}

/**
 * Checks that two placements have one signature exactly when some renaming makes one the other,
 * over all pairs of a set; a few are the search's, most are random. Placements with different
 * summaries are no twins, and being twins is an equivalence. So each placement is compared with one
 * of every class of its summary, which stands for all members.
 */
export function comparePairs(seed: number, count: number): Pairs {
  const faults: string[] = [];
  const bySummary = new Map<string, Class[]>();
  const made = [...madePlacements(seed).take(count / 16)].flatMap((placement) => [
    placement,
    placement,
  ]);
  const all = [...made, ...randomPlacements(seed, count - made.length)];
  for (const [i, placement] of all.entries()) {
    // Every second one under other names, on a machine of its own.
    const one = i % 2 === 0 ? placement : relabeled(placement, randomFor(seed, "pair", i));
    const figure = figureOf(one);
    const key = summary(figure);
    const classes = bySummary.get(key) ?? [];
    bySummary.set(key, classes);
    const signature = signatureOf(one);
    const own = classes.find((other) => areTwins(figure, other.figure));
    if (own === undefined) classes.push({ figure, signature, first: i, members: 1 });
    else {
      own.members++;
      if (own.signature !== signature) {
        faults.push(`${i} is a twin of ${own.first} with another signature`);
      }
    }
  }
  const classes = [...bySummary.values()].flat();
  for (const [signature, signed] of Map.groupBy(classes, (entry) => entry.signature)) {
    if (signed.length > 1) {
      const which = signed.map(({ first }) => first).join(", ");
      faults.push(`${which} are no twins and share ${signature}`);
    }
  }
  const pairs = (n: number): number => (n * (n - 1)) / 2;
  const twins = sumOf(classes, ({ members }) => pairs(members));
  const ofOneSummary = sumOf(bySummary.values(), (ofSummary) =>
    pairs(sumOf(ofSummary, ({ members }) => members)),
  );
  return { twins, others: pairs(count) - twins, nearly: ofOneSummary - twins, faults };
}

interface Class {
  readonly figure: Figure;
  readonly signature: string;
  readonly first: number;
  members: number;
}
