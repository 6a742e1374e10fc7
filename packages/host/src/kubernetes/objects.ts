import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { parseAllDocuments, visit } from "yaml";

/**
 * The limits of a text. The YAML parser takes up to ten microseconds a character. A node's objects
 * take some 20 KiB, and larger ones can be given as JSON.
 */
export const kubernetesLimits = {
  yamlLength: 128 * KiB,
  jsonLength: 16 * MiB,
  depth: 256,
} as const;

/** The objects in a text, and what the text itself shows to be left out. */
export interface Objects {
  readonly objects: readonly KubernetesObject[];
  readonly missing: readonly string[];
}

/**
 * The Kubernetes objects in a text of YAML or JSON, as `kubectl get -o yaml` or `-o json` prints
 * them: single ones, several documents, or a list. Values are as JSON has them. A text whose end is
 * cut off is read as far as it goes.
 *
 * No client writes anchors or aliases, so a text with an alias is refused.
 *
 * Errors: `yaml-malformed`, `json-malformed`, `file-too-large`.
 */
export function readObjects(text: string, where: string): Objects {
  const source = text.replace(/^\uFEFF/, "");
  const json = /^\s*[[{]/.test(source);
  const max = json ? kubernetesLimits.jsonLength : kubernetesLimits.yamlLength;
  if (source.length > max) {
    throw new EvenkeelError("file-too-large", `it is ${source.length} characters long`, {
      where,
      expected: `at most ${max} characters of ${json ? "JSON" : "YAML"}`,
      ...(!json && { remedy: "give the output of kubectl get -o json, which may be longer" }),
    });
  }
  refuseDeep(source, where, json);
  const { documents, isCut } = json ? parseJson(source, where) : parseYaml(source, where);
  const objects = documents.flatMap(itemsOf).flatMap((value) => {
    const [apiVersion, kind] = [textAt(value, "apiVersion"), textAt(value, "kind")];
    return apiVersion === null || kind === null ? [] : { apiVersion, kind, value };
  });
  const elided = json ? null : /^[ \t]{0,80}# ?(?:\.\.\.|…) ?([^\n]{1,80})/m.exec(source);
  return {
    objects,
    missing: [
      ...(isCut ? ["the end of the text"] : []),
      ...(elided === null ? [] : [`what a comment leaves out ("${elided[1]}")`]),
    ],
  };
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly value: unknown;
}

/** A list holds its objects as `items`, whatever kind of list it is. */
function itemsOf(value: unknown): readonly unknown[] {
  const isList = textAt(value, "kind")?.endsWith("List") === true;
  return isList ? listAt(value, "items") : [value];
}

/** Refuses deep nesting, which both parsers are slow on and no object needs. */
function refuseDeep(text: string, where: string, json: boolean): void {
  let depth = 0;
  for (const c of text) {
    if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") depth--;
    if (depth > kubernetesLimits.depth) {
      throw malformed(
        json ? "json-malformed" : "yaml-malformed",
        `is nested more than ${kubernetesLimits.depth} levels deep`,
        where,
      );
    }
  }
}

interface Parsed {
  readonly documents: readonly unknown[];
  readonly isCut: boolean;
}

function parseJson(text: string, where: string): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    return { documents: [value], isCut: false };
  } catch (cause) {
    const whole = closedJson(text);
    if (whole !== null) return { documents: [whole], isCut: true };
    throw malformed("json-malformed", "is not JSON, or is cut short", where, cause);
  }
}

/**
 * The value of a JSON text whose end is missing: without what follows the last object or list that
 * is complete, and with the brackets that are still open closed. Null where the text is no such.
 */
function closedJson(text: string): unknown {
  const open: string[] = [];
  let whole: { readonly end: number; readonly closing: string } | null = null;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\\n]|\\.)*"|[[\]{}]/g)) {
    if (token === "{") open.push("}");
    else if (token === "[") open.push("]");
    else if (token.startsWith('"')) continue;
    else if (open.pop() !== token) return null;
    else whole = { end: index + 1, closing: open.toReversed().join("") };
  }
  if (whole === null || open.length === 0) return null;
  try {
    return JSON.parse(text.slice(0, whole.end) + whole.closing);
  } catch {
    return null;
  }
}

/** How many lines of a cut text may be no YAML: the cut line, and the one that it belongs to. */
const cutLinesMax = 3;

function parseYaml(text: string, where: string): Parsed {
  let source = text;
  for (let tries = 0; ; tries++) {
    const { documents, problem } = yamlDocuments(source, where);
    if (problem === null) return { documents, isCut: tries > 0 };
    const line = source.slice(0, problem.at).split("\n").length;
    const lines = source.trimEnd().split("\n");
    if (tries === cutLinesMax || line < lines.length || lines.length < 2) {
      throw malformed(
        "yaml-malformed",
        "is not YAML, or is cut short",
        `${where}:${line}`,
        problem.error,
      );
    }
    source = `${lines.slice(0, -1).join("\n")}\n`;
  }
}

interface YamlDocuments {
  readonly documents: readonly unknown[];
  readonly problem: { readonly at: number; readonly error: unknown } | null;
}

function yamlDocuments(text: string, where: string): YamlDocuments {
  // Without logLevel the library warns on standard error about keys that are not strings.
  const options = { uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;
  const parsed = parseAllDocuments(text, options);
  const list = "empty" in parsed ? [] : parsed;
  const error = list.flatMap(({ errors }) => errors)[0];
  if (error !== undefined) return { documents: [], problem: { at: error.pos[0], error } };
  const documents = list.map((document): unknown => {
    visit(document, {
      Alias: () => {
        throw malformed(
          "yaml-malformed",
          "has a YAML alias, which no Kubernetes client writes",
          where,
        );
      },
    });
    return document.toJS({ maxAliasCount: 0 });
  });
  return { documents, problem: null };
}

function malformed(
  code: "json-malformed" | "yaml-malformed",
  message: string,
  where: string,
  cause?: unknown,
): EvenkeelError {
  return new EvenkeelError(code, message, {
    where,
    expected: "objects as kubectl get -o yaml or -o json prints them",
    cause,
  });
}

/** The value of a field; null where it is missing or the value is not an object. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let at: unknown = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return null;
    at = Reflect.get(at, name);
  }
  return at;
}

/** A field's text without blanks around it; null where it is something else or empty. */
export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = valueAt(value, ...path);
  return typeof found === "string" && found.trim() !== "" ? found.trim() : null;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found: unknown = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The names and values of an object's fields; none for any other value. */
export function fieldsOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : [];
}

/** A whole number from 0, written as a number or as text. */
export function countOf(value: unknown): number | null {
  const count = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
