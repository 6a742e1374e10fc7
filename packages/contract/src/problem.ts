import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { z } from "zod";
import { formatPath, type Path, quoted } from "./text/parsed.ts";

type Issue = z.core.$ZodIssue;

/** An error in a document, and the field that has it. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly expected: string;
  readonly remedy: string | null;
}

/**
 * The problem of a document to report. A misspelled field comes before all others, because other
 * fields may only be missing as a consequence of it.
 */
export function firstProblem(issues: readonly Issue[], kind: string, value: unknown): Problem {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  invariant(issue !== undefined, "a document that its schema refuses has an issue");
  const problem = problemOf(issue, kind, value);
  // One value may fail several checks, so fields are counted instead of issues.
  const others = new Set(issues.map(({ path }) => formatPath(pathOf(path)))).size - 1;
  const more = others + problem.others;
  return { ...problem, message: `${problem.message}${moreText(more)}` };
}

function moreText(count: number): string {
  if (count === 0) return "";
  return ` (and ${count} more ${count === 1 ? "problem" : "problems"})`;
}

/** A problem of an issue, and how many others the same issue has. */
type IssueProblem = Problem & { readonly others: number };

function problemOf(issue: Issue, kind: string, value: unknown): IssueProblem {
  const path = pathOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(", ");
    const [key = ""] = issue.keys;
    return { ...unknownField(key, known, path, kind), others: issue.keys.length - 1 };
  }
  const found = valueAt(value, path);
  if (issue.code === "invalid_union" && found !== null && typeof found === "object") {
    // A variant that takes objects is meant, and of several the one with the fewest issues.
    const takesObjects = (own: readonly Issue[]): boolean =>
      own.some(({ code, path: at }) => code === "unrecognized_keys" || at.length > 0);
    const [closest = []] = issue.errors.toSorted(
      (a, b) => Number(takesObjects(b)) - Number(takesObjects(a)) || a.length - b.length,
    );
    const inner = closest.find(({ code }) => code === "unrecognized_keys") ?? closest[0];
    if (inner !== undefined) {
      const innermost = problemOf({ ...inner, path: [...path, ...inner.path] }, kind, value);
      return { ...innermost, others: innermost.others + closest.length - 1 };
    }
  }
  const subject = path.length === 0 ? `the ${kind}` : formatPath(path);
  const near =
    issue.code === "invalid_value" && typeof found === "string"
      ? didYouMean(
          found,
          issue.values.filter((option) => typeof option === "string"),
        )
      : null;
  return {
    path,
    message: found === undefined ? `${subject} is missing` : `${subject} is ${shown(found)}`,
    expected: issue.message,
    remedy: near === null ? null : `did you mean "${near}"?`,
    others: 0,
  };
}

function unknownField(key: string, known: readonly string[], parent: Path, kind: string): Problem {
  const near = didYouMean(key, known);
  return {
    path: [...parent, key],
    message: `${parent.length === 0 ? `a ${kind}` : formatPath(parent)} has no field ${quoted(key)}`,
    expected: `the fields ${known.join(", ")}`,
    remedy: near === null ? "remove it" : `did you mean "${near}"?`,
  };
}

/** A path without symbols: JSON and YAML have none as keys. */
function pathOf(path: readonly PropertyKey[]): Path {
  return path.filter((step) => typeof step !== "symbol");
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, step)) return undefined;
    const within: unknown = Reflect.get(at, step);
    at = within;
  }
  return at;
}

/** A short description of a value for an error message. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value))
    return `a list of ${value.length} ${value.length === 1 ? "item" : "items"}`;
  if (value !== null && typeof value === "object") return "an object";
  return String(value);
}

/** The error for a problem of a document. */
export function problemError(problem: Problem, where: string): EvenkeelError {
  const { message, expected, remedy } = problem;
  return new EvenkeelError("document-invalid", message, {
    where,
    expected,
    ...(remedy !== null && { remedy }),
  });
}
