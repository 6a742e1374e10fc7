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

/**
 * The Kubernetes objects in a text of YAML or JSON, as `kubectl get -o yaml` or `-o json` prints
 * them: single ones, several documents, or a list. Values are as JSON has them.
 *
 * No client writes anchors or aliases, so a text with an alias is refused.
 *
 * Errors: `yaml-malformed`, `json-malformed`, `file-too-large`.
 */
export function readObjects(text: string, where: string): readonly KubernetesObject[] {
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
  const documents = json ? [parseJson(source, where)] : parseYaml(source, where);
  return documents.flatMap(itemsOf).flatMap((value) => {
    const [apiVersion, kind] = [textAt(value, "apiVersion"), textAt(value, "kind")];
    return apiVersion === null || kind === null ? [] : { apiVersion, kind, value };
  });
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

function parseJson(text: string, where: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (cause) {
    throw malformed("json-malformed", "is not JSON, or is cut short", where, cause);
  }
}

function parseYaml(text: string, where: string): readonly unknown[] {
  // Without logLevel the library warns on standard error about keys that are not strings.
  const options = { uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;
  const documents = parseAllDocuments(text, options);
  const list = "empty" in documents ? [] : documents;
  return list.map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      const line = text.slice(0, problem.pos[0]).split("\n").length;
      throw malformed(
        "yaml-malformed",
        "is not YAML, or is cut short",
        `${where}:${line}`,
        problem,
      );
    }
    visit(document, {
      Alias: () => {
        throw malformed(
          "yaml-malformed",
          "has a YAML alias, which no Kubernetes client writes",
          where,
        );
      },
    });
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    return value;
  });
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
