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

/** A document that needs more of these is an attack or a mistake. */
const ALIASES_MAX = 100;
const DEPTH_MAX = 64;
const DOCUMENTS_MAX = 256;

/**
 * The documents in a YAML 1.2 text, without the empty ones between separators. Explicit tags,
 * repeated keys, keys that are not plain, cyclic and exploding aliases are errors.
 *
 * The uniqueness of keys is checked here because the library's own check takes time quadratic in
 * the number of keys.
 */
export function parseYaml(text: string, where: string): Parsed[] {
  refuseDeep(text, where);
  const documents = parsed(text, where);
  // An empty text gives an empty list that has the type of a stream.
  const list = "empty" in documents ? [] : documents;
  if (list.length > DOCUMENTS_MAX) {
    throw malformed(where, text, 0, `there are ${list.length} documents in it`, {
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
 * The parser recurses where collections nest. Brackets are counted beforehand; a text of nothing but
 * `: : : :` or `- - - -` nests without any, and runs out of stack, which the parser does not name.
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
 * The parser takes time quadratic in the depth of brackets, which this bounds beforehand. Brackets
 * in quotes and comments count too: a text with so many left open is no document either way.
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

/** Where a node begins; null of one that was not read from a text. */
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
    ...(cut && { remedy: "check that the file was written to its end" }),
  });
}

/** The library's messages are sentences of its own; the first line says it all. */
function sentence(message: string): string {
  const [line = ""] = message.split("\n");
  return `valid YAML 1.2 (the parser says: ${shorten(line, 120)})`;
}

const tagError = (where: string, text: string, offset: number | null): EvenkeelError =>
  malformed(where, text, offset, "there is a YAML tag here", {
    expected: "plain YAML: no document needs tags such as !!binary or !custom",
    remedy: "remove the tag",
  });

const tooDeep = (where: string, text: string, offset: number | null): EvenkeelError =>
  malformed(where, text, offset, "it is nested beyond reason", {
    expected: `at most ${DEPTH_MAX} levels`,
  });

interface Around {
  readonly document: Document;
  readonly text: string;
  readonly where: string;
  readonly above: readonly Node[];
  readonly aliases: { count: number };
}

/** Refuses what the library accepts and no document needs. Recursion is bounded by `DEPTH_MAX`. */
function checkNode(node: Node, around: Around): void {
  const { document, text, where, above, aliases } = around;
  const offset = startOf(node);
  if (above.length > DEPTH_MAX) throw tooDeep(where, text, offset);
  if (node.tag !== undefined) throw tagError(where, text, offset);
  if (isAlias(node)) {
    // Each look-up searches the whole document, so it is their number that bounds the time.
    if (++aliases.count > ALIASES_MAX) {
      throw malformed(where, text, offset, `there are more than ${ALIASES_MAX} aliases`, {
        expected: "few aliases, if any",
        remedy: "write the values out",
      });
    }
    const target = node.resolve(document);
    if (target === undefined) {
      const message = `the alias ${quoted(node.source)} has no anchor`;
      throw malformed(where, text, offset, message, {
        expected: "an alias of something that stands before it in the same document",
      });
    }
    if (above.includes(target)) {
      throw malformed(where, text, offset, `the alias ${quoted(node.source)} lies within itself`, {
        expected: "an alias of something that is complete",
        remedy: "write the value out",
      });
    }
    return;
  }
  if (!isCollection(node)) return;
  const inside: Around = { ...around, above: [...above, node] };
  const keys = new Set<unknown>();
  for (const item of node.items) {
    if (isPair(item)) checkKey(item.key, keys, inside);
    const value = isPair(item) ? item.value : item;
    if (isNode(value)) checkNode(value, inside);
  }
}

function checkKey(key: unknown, seen: Set<unknown>, around: Around): void {
  const { text, where } = around;
  if (!isScalar(key) || key.tag !== undefined) {
    const offset = isNode(key) ? startOf(key) : null;
    throw malformed(where, text, offset, "a key is not a plain name", { expected: "a plain name" });
  }
  const name = String(key.value);
  if (seen.has(name)) {
    const message = `the key ${quoted(name)} stands twice in one place`;
    throw malformed(where, text, startOf(key), message, {
      expected: "every key once",
      remedy: "remove one of the two",
    });
  }
  seen.add(name);
}

function valueOf(document: Document, text: string, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    // The only thing left for it to object to: aliases of aliases that multiply.
    throw new EvenkeelError("yaml-malformed", "its aliases multiply beyond reason", {
      where: placeIn(where, text, startOf(document)),
      expected: "few aliases, if any",
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
