import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Figure } from "./report.ts";

const families = [
  { name: "up to 8 nodes, 16 accelerators", size: "small", all: 20_000, cases: 500, goalMs: 1 },
  { name: "up to 64 nodes, 16 accelerators", size: "wide", all: 200, cases: 200, goalMs: 1000 },
  { name: "up to 64 nodes, 64 accelerators", size: "vast", all: 100, cases: 100, goalMs: null },
] as const;

/** A family is ended after so long, and what it was at is said. */
const familyMsMax = 300_000;

/** Of all cases: how many answers were not certain, and how many of these not the best. */
interface Certainty {
  readonly uncertain: number;
  readonly worse: number;
  /** By how much such an answer costs more than the best at the most, as a part of that. */
  readonly by: number;
}

interface Timed {
  readonly name: string;
  readonly ms: number;
  readonly refuseMs: number;
  /** In units of effort (`placement/search/effort.ts`). */
  readonly spent: number;
}

/**
 * How long an answer takes on machines and requests that are made to be hard
 * (`placement/testing/worst-cases.ts`), each once the code is compiled; on small machines those of
 * many that are the most work, how many of the many were answered without certainty that nothing is
 * better, and a refusal with all its reasons and remedies; and how much work the costliest answer
 * was.
 */
export function benchBounded(): readonly Figure[] {
  return families.flatMap(({ name, size, all, cases, goalMs }): Figure[] => {
    const { timed, certainty, unanswered } = family(size, all, cases);
    const slowest = timed.toSorted((a, b) => b.ms - a.ms);
    const longest = timed.toSorted((a, b) => b.refuseMs - a.refuseMs)[0];
    const quantile = (part: number): number => slowest[Math.floor(slowest.length * part)]?.ms ?? 0;
    const goal = goalMs === null ? null : { atMost: goalMs };
    const ms = (subject: string, value: number | null, of: Figure["goal"] = null): Figure => ({
      bench: "bounded",
      subject: `${name}: ${subject}`,
      value,
      unit: "ms",
      goal: of,
    });
    return [
      ms(`median of ${timed.length === all ? "" : "the hardest "}${timed.length}`, quantile(0.5)),
      ms("95 of 100 within", quantile(0.05)),
      ...(goalMs === null
        ? []
        : [
            {
              bench: "bounded",
              subject: `${name}: cases over ${goalMs} ms`,
              value: slowest.filter((one) => one.ms > goalMs).length,
              unit: `of ${timed.length}`,
              goal: { atMost: 0 },
            },
          ]),
      ...slowest.slice(0, 3).map((one) => ms(one.name, one.ms, goal)),
      ...(certainty === null ? [] : certain(name, all, certainty)),
      ...mostWork(name, timed),
      ...(unanswered === null
        ? []
        : [ms(`ended after ${familyMsMax / 1000} s at ${unanswered}`, null, goal)]),
      ...(longest === undefined || longest.refuseMs === 0
        ? []
        : [ms(`longest refusal with remedies, ${longest.name}`, longest.refuseMs)]),
    ];
  });
}

function certain(
  name: string,
  all: number,
  { uncertain, worse, by }: Certainty,
): readonly Figure[] {
  const figure = (subject: string, value: number, unit: string): Figure => ({
    bench: "bounded",
    subject: `${name}: ${subject}`,
    value,
    unit,
    goal: null,
  });
  return [
    figure("answers that may not be the best", uncertain, `of ${all}`),
    figure("answers that are not the best", worse, `of ${all}`),
    figure("what such a one costs more at the most", 100 * by, "%"),
  ];
}

/** The case that was the most work, which is the same on every machine. */
function mostWork(name: string, timed: readonly Timed[]): readonly Figure[] {
  return timed
    .toSorted((a, b) => b.spent - a.spent)
    .slice(0, 1)
    .map((one) => ({
      bench: "bounded",
      subject: `${name}: most work, ${one.name}`,
      value: one.spent,
      unit: "units of effort",
      goal: null,
    }));
}

interface Family {
  readonly timed: readonly Timed[];
  readonly certainty: Certainty | null;
  readonly unanswered: string | null;
}

function family(size: string, all: number, cases: number): Family {
  const script = join(import.meta.dirname, "bounded-run.ts");
  const { stdout, status, signal } = spawnSync(
    process.execPath,
    [script, size, `${all}`, `${cases}`],
    { encoding: "utf8", timeout: familyMsMax, stdio: ["ignore", "pipe", "inherit"] },
  );
  if (status !== 0 && signal === null) throw new Error(`the ${size} worst cases failed`);
  const lines = stdout.split("\n").filter((line) => line.endsWith("}"));
  const read = lines.map((line): unknown => JSON.parse(line));
  return {
    timed: read.flatMap((value) => timedOf(value) ?? []),
    certainty: read.flatMap((value) => certaintyOf(value) ?? [])[0] ?? null,
    unanswered: signal === null ? null : (nameOf(read.at(-1)) ?? "its start"),
  };
}

function certaintyOf(value: unknown): Certainty | null {
  if (typeof value !== "object" || value === null) return null;
  if (!("uncertain" in value) || !("worse" in value) || !("by" in value)) return null;
  const { uncertain, worse, by } = value;
  if (typeof uncertain !== "number" || typeof worse !== "number") return null;
  return typeof by === "number" ? { uncertain, worse, by } : null;
}

function nameOf(value: unknown): string | null {
  const isNamed = typeof value === "object" && value !== null && "name" in value;
  return isNamed && typeof value.name === "string" ? value.name : null;
}

/** Null of the line that only says which case is begun. */
function timedOf(value: unknown): Timed | null {
  const name = nameOf(value);
  if (name === null || typeof value !== "object" || value === null) return null;
  if (!("ms" in value) || !("refuseMs" in value) || !("spent" in value)) return null;
  const { ms, refuseMs, spent } = value;
  if (typeof ms !== "number" || typeof refuseMs !== "number") return null;
  return typeof spent === "number" ? { name, ms, refuseMs, spent } : null;
}
