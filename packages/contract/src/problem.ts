import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { shorten } from "@evenkeel/core/text/shorten.ts";
import type { z } from "zod";
import { meantField, meantValue } from "./meant.ts";
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
 * fields may only be missing as a consequence of it. The message names the other fields that are
 * wrong too.
 *
 * @param fields the paths of all fields that the kind has, to say where a field belongs.
 */
export function firstProblem(
  issues: readonly Issue[],
  kind: string,
  value: unknown,
  fields: readonly string[] = [],
): Problem {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  invariant(issue !== undefined, "a document that its schema refuses has an issue");
  const { problem, also } = problemOf(issue, { kind, value, fields });
  // One value may fail several checks, so fields are counted instead of issues.
  const others = new Set([
    ...also,
    ...issues.filter((other) => other !== issue).flatMap((other) => fieldsOf(other, [])),
  ]);
  others.delete(formatPath(problem.path));
  return { ...problem, message: `${problem.message}${alsoText([...others])}` };
}

/** How many other fields a message names. */
const NAMED_MAX = 4;

function alsoText(fields: readonly string[]): string {
  if (fields.length === 0) return "";
  const named = fields.slice(0, NAMED_MAX).map((field) => shorten(field, 60));
  const rest = fields.length - named.length;
  return ` (also wrong: ${named.join(", ")}${rest === 0 ? "" : ` and ${rest} more`})`;
}

/** The fields that an issue is about, as text. */
function fieldsOf(issue: Issue, above: Path): readonly string[] {
  const path = [...above, ...pathOf(issue.path)];
  return issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => formatPath([...path, key]))
    : [formatPath(path)];
}

/** A document that its schema refuses. */
interface Refused {
  readonly kind: string;
  readonly value: unknown;
  readonly fields: readonly string[];
}

/** A problem of an issue, and the other fields that the same issue has. */
interface IssueProblem {
  readonly problem: Problem;
  readonly also: readonly string[];
}

function problemOf(issue: Issue, refused: Refused): IssueProblem {
  const path = pathOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(", ");
    const [key = ""] = issue.keys;
    const also = issue.keys.slice(1).map((other) => formatPath([...path, other]));
    return { problem: unknownField(key, known, path, refused), also };
  }
  const found = valueAt(refused.value, path);
  if (issue.code === "invalid_union" && found !== null && typeof found === "object") {
    // A variant that takes objects is meant, and of several the one with the fewest issues.
    const takesObjects = (own: readonly Issue[]): boolean =>
      own.some(({ code, path: at }) => code === "unrecognized_keys" || at.length > 0);
    const [closest = []] = issue.errors.toSorted(
      (a, b) => Number(takesObjects(b)) - Number(takesObjects(a)) || a.length - b.length,
    );
    const inner = closest.find(({ code }) => code === "unrecognized_keys") ?? closest[0];
    if (inner !== undefined) {
      const innermost = problemOf({ ...inner, path: [...path, ...inner.path] }, refused);
      const others = closest.filter((other) => other !== inner);
      const also = others.flatMap((other) => fieldsOf(other, path));
      return { ...innermost, also: [...innermost.also, ...also] };
    }
  }
  const subject = path.length === 0 ? `the ${refused.kind}` : formatPath(path);
  return {
    problem: {
      path,
      message: found === undefined ? `${subject} is missing` : `${subject} is ${shown(found)}`,
      expected: issue.message,
      remedy: remedyFor(issue, path, found),
    },
    also: [],
  };
}

/** What to write in place of a value, or where a field is missing. */
function remedyFor(issue: Issue, path: Path, found: unknown): string | null {
  const field = path.findLast((step) => typeof step === "string") ?? "";
  const [only, ...others] = issue.code === "invalid_value" ? issue.values : [];
  const isFixed = only !== undefined && others.length === 0;
  if (isFixed) return `${found === undefined ? "add" : "write"} ${field}: ${String(only)}`;
  if (found === undefined) return null;
  const meant = meantValue(field, found, issue.message);
  if (meant !== null) return meant;
  if (issue.code !== "invalid_value" || typeof found !== "string") return null;
  const values = issue.values.filter((option) => typeof option === "string");
  const near = didYouMean(found.trim(), values);
  // `16Gi` is no slip of `1Gi`: digits say what was meant.
  const isOtherNumber = near !== null && /\d/.test(found) && digitsOf(near) !== digitsOf(found);
  return near === null || isOtherNumber ? null : `did you mean "${near}"?`;
}

const digitsOf = (word: string): string => word.replaceAll(/\D/g, "");

function unknownField(
  key: string,
  known: readonly string[],
  parent: Path,
  { kind, fields }: Refused,
): Problem {
  return {
    path: [...parent, key],
    message: `${parent.length === 0 ? `a ${kind}` : formatPath(parent)} has no field ${quoted(key)}`,
    expected: `the fields ${known.join(", ")}`,
    remedy: fieldRemedy(key, known, fields),
  };
}

/** The field that was meant: one of the same object by another name, or one of another object. */
function fieldRemedy(key: string, known: readonly string[], fields: readonly string[]): string {
  const here = meantField(key, known) ?? didYouMean(key, known);
  if (here !== null) return `did you mean "${here}"?`;
  // Of several fields of one name the first is meant.
  const last = (path: string): string => path.slice(path.lastIndexOf(".") + 1);
  const names = new Map(fields.toReversed().map((path) => [last(path), path]));
  const there = names.has(key) ? key : (meantField(key, [...names.keys()]) ?? "");
  const path = names.get(there);
  return path === undefined ? "remove it" : `did you mean ${path}?`;
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
