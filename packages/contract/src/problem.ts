import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { shorten } from "@evenkeel/core/text/shorten.ts";
import type { z } from "zod";
import { fieldsAt, fieldsOf } from "./field-paths.ts";
import { fieldElsewhere } from "./field-elsewhere.ts";
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
 * @param schema the schema of the kind, to say where a field belongs; null for values of no kind,
 *   whose messages then name no command that describes them.
 */
export function firstProblem(
  issues: readonly Issue[],
  kind: string,
  value: unknown,
  schema: z.core.$ZodType | null = null,
): Problem {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  invariant(issue !== undefined, "a document that its schema refuses has an issue");
  const { problem, also } = problemOf(issue, { kind, value, schema });
  // One value may fail several checks, so fields are counted instead of issues.
  const others = new Set([
    ...also,
    ...issues.filter((other) => other !== issue).flatMap((other) => fieldsOfIssue(other, [])),
  ]);
  others.delete(formatPath(problem.path));
  const described = schema === null ? null : describedBy(kind);
  return {
    ...problem,
    message: `${problem.message}${alsoText([...others])}`,
    remedy: problem.remedy ?? described,
  };
}

/** Where every field of a kind is described, for problems of which nothing better is known. */
const describedBy = (kind: string): string => `evenkeel schema ${kind} says what each field may be`;

/** How many other fields a message names. */
const NAMED_MAX = 4;

function alsoText(fields: readonly string[]): string {
  if (fields.length === 0) return "";
  // One more takes no more room by its name than by its number.
  const count = fields.length === NAMED_MAX + 1 ? fields.length : NAMED_MAX;
  const named = fields.slice(0, count).map((field) => shorten(field, 60));
  const rest = fields.length - named.length;
  return ` (also wrong: ${named.join(", ")}${rest === 0 ? "" : ` and ${rest} more`})`;
}

/** The fields that an issue is about, as text. */
function fieldsOfIssue(issue: Issue, above: Path): readonly string[] {
  const path = [...above, ...pathOf(issue.path)];
  return issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => formatPath([...path, key]))
    : [formatPath(path)];
}

/** A document that its schema refuses. */
interface Refused {
  readonly kind: string;
  readonly value: unknown;
  readonly schema: z.core.$ZodType | null;
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
      const also = others.flatMap((other) => fieldsOfIssue(other, path));
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
  if (found === undefined) return missingRemedy(field, issue.message);
  const meant = meantValue(field, found, issue.message);
  if (meant !== null) return meant;
  if (issue.code !== "invalid_value" || typeof found !== "string") return null;
  const values = issue.values.filter((option) => typeof option === "string");
  const near = didYouMean(found.trim(), values);
  // `16Gi` is no slip of `1Gi`: digits say what was meant.
  const isOtherNumber = near !== null && /\d/.test(found) && digitsOf(near) !== digitsOf(found);
  return near === null || isOtherNumber ? null : `did you mean "${near}"?`;
}

/** What to add where a field is missing that has a form of its own. */
function missingRemedy(field: string, expects: string): string | null {
  if (expects.startsWith("a name")) return `add ${field}: llm-a, for example`;
  return expects.startsWith("an object with the fields name")
    ? `add ${field}: { name: llm-a }, for example`
    : null;
}

const digitsOf = (word: string): string => word.replaceAll(/\D/g, "");

function unknownField(
  key: string,
  known: readonly string[],
  parent: Path,
  refused: Refused,
): Problem {
  const subject = parent.length === 0 ? `a ${refused.kind}` : formatPath(parent);
  return {
    path: [...parent, key],
    message: `${subject} has no field ${quoted(key)}`,
    expected: `the fields ${known.join(", ")}`,
    remedy: fieldRemedy(key, known, parent, refused),
  };
}

/** The field that was meant: one of the same object by another name, or one of another object. */
function fieldRemedy(
  key: string,
  known: readonly string[],
  parent: Path,
  { kind, value, schema }: Refused,
): string {
  const siblings = valueAt(value, parent);
  const said = fieldElsewhere(key, valueAt(value, [...parent, key]), kind, siblings);
  if (said?.isCertain === true) return said.text;
  const here = meantField(key, known) ?? didYouMean(key, known);
  if (here !== null) return `did you mean "${here}"?`;
  const there = schema === null ? null : fieldThere(key, parent, schema);
  if (there !== null) return `did you mean ${there}?`;
  return said?.text ?? "remove it";
}

/**
 * A field of that name, or that this is another name of, below the object that has it, or anywhere
 * in the document. Of several the first is meant. What another device of the same VM has, or what
 * the object itself lies in, is not.
 */
function fieldThere(key: string, parent: Path, schema: z.core.$ZodType): string | null {
  const within = pathNamed(key, fieldsAt(schema, parent));
  if (within !== null) return `${formatPath(parent)}${parent.length === 0 ? "" : "."}${within}`;
  const own = formatPath(parent);
  const above = formatPath(parent.slice(0, -1));
  const isNear = (path: string): boolean => {
    const owner = path.slice(0, Math.max(0, path.lastIndexOf(".")));
    const isSister = parent.length > 1 && owner.slice(0, owner.lastIndexOf(".")) === above;
    return !isSister && path !== own && !own.startsWith(`${path}.`);
  };
  return pathNamed(key, fieldsOf(schema).filter(isNear));
}

/** The first of some paths that ends in a name, or in the field that the name means. */
function pathNamed(key: string, paths: readonly string[]): string | null {
  const last = (path: string): string => path.slice(path.lastIndexOf(".") + 1);
  const names = new Map(paths.toReversed().map((path) => [last(path), path]));
  return names.get(names.has(key) ? key : (meantField(key, [...names.keys()]) ?? "")) ?? null;
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
