import { shorten } from "@evenkeel/core/text/shorten.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
} from "yaml";
import { type Parsed, type Path, placeIn, quoted } from "./parsed.ts";
import { yamlSlip } from "./yaml-slip.ts";

/** A document with more aliases is an attack or a mistake. */
const ALIASES_MAX = 100;
const DEPTH_MAX = 64;
const DOCUMENTS_MAX = 256;

/**
 * Parses the documents in a YAML 1.2 text, without empty ones. Explicit tags, repeated keys, keys
 * that are not plain scalars, cyclic aliases and aliases that expand to too many values are errors.
 *
 * Repeated keys are found here, because the library's own check is quadratic in the number of keys.
 */
export function parseYaml(text: string, where: string): Parsed[] {
  refuseDeep(text, where);
  const documents = parsed(text, where);
  // The library returns an empty stream for an empty text.
  const list = "empty" in documents ? [] : documents;
  if (list.length > DOCUMENTS_MAX) {
    throw malformed(where, text, 0, `it contains ${list.length} documents`, {
      expected: `at most ${DOCUMENTS_MAX} documents in a file`,
    });
  }
  return list.flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw syntaxError(problem, text, where);
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return [];
    checkNode(contents, { document, text, where, above: [], aliases: { count: 0 } });
    return [
      { value: valueOf(document, text, where), offsetOf: (path) => offsetIn(document, path) },
    ];
  });
}

/**
 * Runs the library's parser. It recurses into nested collections: the depth of brackets is checked
 * before, but a text of `: : : :` or `- - - -` nests without brackets and overflows the stack,
 * which the parser throws as a RangeError.
 */
function parsed(text: string, where: string): ReturnType<typeof parseAllDocuments> {
  try {
    return parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooDeep(where, text, 0);
    throw cause;
  }
}

/**
 * Refuses a text with too many open brackets, because the parser's time is quadratic in their
 * depth. Brackets in quotes and comments are counted too: no real document has so many left open.
 */
function refuseDeep(text: string, where: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === "{" || c === "[") depth++;
    else if (c === "}" || c === "]") depth--;
    if (depth > 8 * DEPTH_MAX) throw tooDeep(where, text, at);
  }
}

interface Detail {
  readonly expected: string;
  readonly remedy?: string;
}

/** The offset of a node; null if it was not read from a text. */
function startOf({ range }: Node | Document): number | null {
  return range?.[0] ?? null;
}

function malformed(
  where: string,
  text: string,
  offset: number | null,
  message: string,
  detail: Detail,
): EvenkeelError {
  return new EvenkeelError("yaml-malformed", message, {
    where: placeIn(where, text, offset),
    ...detail,
  });
}

function syntaxError(
  problem: Document["errors"][number] | Document["warnings"][number],
  text: string,
  where: string,
): EvenkeelError {
  const offset = problem.pos[0];
  if (problem.code === "TAG_RESOLVE_FAILED") return tagError(where, text, offset);
  if (problem.code === "RESOURCE_EXHAUSTION") return tooDeep(where, text, offset);
  const cut = offset >= text.trimEnd().length;
  return malformed(where, text, offset, cut ? "the YAML text ends too early" : "this is not YAML", {
    expected: cut ? "one or more complete YAML documents" : sentence(problem.message),
    remedy: cut
      ? "check that the file was written to its end"
      : yamlSlip(text, offset, problem.code),
  });
}

/** The first line of the library's message; the others only quote the text. */
function sentence(message: string): string {
  const [line = ""] = message.split("\n");
  return `valid YAML 1.2 (the parser says: ${shorten(line, 120)})`;
}

const tagError = (where: string, text: string, offset: number | null): EvenkeelError =>
  malformed(where, text, offset, "this value has a YAML tag", {
    expected: "plain YAML without tags such as !!binary or !custom",
    remedy: "remove the tag",
  });

const tooDeep = (where: string, text: string, offset: number | null): EvenkeelError =>
  malformed(where, text, offset, "it is nested too deeply", {
    expected: `at most ${DEPTH_MAX} levels`,
  });

/** The parents of a node, and what all nodes of one document share. */
interface Surroundings {
  readonly document: Document;
  readonly text: string;
  readonly where: string;
  readonly above: readonly Node[];
  readonly aliases: { count: number };
}

/**
 * Refuses features of YAML that the library accepts and no document needs. The recursion is at most
 * `DEPTH_MAX` deep.
 */
function checkNode(node: Node, surroundings: Surroundings): void {
  const { document, text, where, above, aliases } = surroundings;
  const offset = startOf(node);
  if (above.length > DEPTH_MAX) throw tooDeep(where, text, offset);
  if (node.tag !== undefined) throw tagError(where, text, offset);
  if (isAlias(node)) {
    // Each look-up of an alias searches the whole document, so their number must be bounded.
    if (++aliases.count > ALIASES_MAX) {
      throw malformed(where, text, offset, `there are more than ${ALIASES_MAX} aliases`, {
        expected: `at most ${ALIASES_MAX} aliases`,
        remedy: "write the values out",
      });
    }
    const target = node.resolve(document);
    if (target === undefined) {
      const message = `the alias ${quoted(node.source)} has no anchor`;
      throw malformed(where, text, offset, message, {
        expected: "an anchor before the alias, in the same document",
      });
    }
    if (above.includes(target)) {
      throw malformed(
        where,
        text,
        offset,
        `the alias ${quoted(node.source)} is inside the value it refers to`,
        {
          expected: "an alias of a value that ends before the alias",
          remedy: "write the value out",
        },
      );
    }
    return;
  }
  if (!isCollection(node)) return;
  const inside: Surroundings = { ...surroundings, above: [...above, node] };
  const keys = new Map<string, number | null>();
  for (const item of node.items) {
    if (isPair(item)) checkKey(item.key, keys, inside);
    const value = isPair(item) ? item.value : item;
    if (isNode(value)) checkNode(value, inside);
  }
}

/** @param seen the keys so far, by where they stand. */
function checkKey(
  key: unknown,
  seen: Map<string, number | null>,
  surroundings: Surroundings,
): void {
  const { text, where } = surroundings;
  if (!isScalar(key) || key.tag !== undefined) {
    const offset = isNode(key) ? startOf(key) : null;
    throw malformed(where, text, offset, "a key is not a plain name", {
      expected: "a plain name",
      remedy: yamlSlip(text, offset, ""),
    });
  }
  const name = String(key.value);
  if (seen.has(name)) {
    const message = `the key ${quoted(name)} appears twice in one object`;
    throw malformed(where, text, startOf(key), message, {
      expected: "every key once",
      remedy: `remove one of the two: the first is at ${placeIn(where, text, seen.get(name) ?? null)}`,
    });
  }
  seen.set(name, startOf(key));
}

function valueOf(document: Document, text: string, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    // Every other error was found before: only nested aliases are left.
    throw new EvenkeelError("yaml-malformed", "its aliases expand to too many values", {
      where: placeIn(where, text, startOf(document)),
      expected: "no aliases of values that contain aliases",
      remedy: "write the values out",
      cause,
    });
  }
}

function offsetIn(document: Document, path: Path): number | null {
  let node: unknown = document.contents;
  let offset = startOf(document.contents ?? document);
  for (const step of path) {
    const target = isAlias(node) ? node.resolve(document) : node;
    if (isMap(target)) {
      const pair = target.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined || !isScalar(pair.key)) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(target) && typeof step === "number") {
      node = target.items[step];
      if (!isNode(node)) return offset;
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}
