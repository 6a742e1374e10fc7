import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { has, type IndexSet } from "@evenkeel/core/set/index-set.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { nameOf } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * Reads the formats of values in sysfs. An absent or empty file has no value: recordings keep an
 * empty file where the kernel refused to answer.
 */

/** The file's text without surrounding blanks; null where it is absent or empty. */
export function readLine(tree: Tree, path: string): string | null {
  const line = withoutNuls(tree.readText(path) ?? "").trim();
  return line === "" ? null : line;
}

/**
 * Texts in device trees end in a NUL, and so did, by mistake, the lists of some kernels
 * (`node0/cpulist` of 5.15, `node/online` of 2.6.32).
 */
function withoutNuls(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", " ") : text;
}

/** A decimal integer that may be negative; null where the file holds anything else. */
export function readInteger(tree: Tree, path: string): number | null {
  const line = readLine(tree, path);
  return line !== null && /^-?\d{1,15}$/.test(line) ? Number(line) : null;
}

/** An integer from 0; sysfs writes -1 for unknown. */
export function readIndex(tree: Tree, path: string): number | null {
  const value = readInteger(tree, path);
  return value !== null && value >= 0 ? value : null;
}

/** What the kernel counts in 32 bits, as do documents; more than that is no such value. */
export function readCount(tree: Tree, path: string): number | null {
  const value = readIndex(tree, path);
  return value !== null && value < 2 ** 31 ? value : null;
}

/** The last name in a link's target, which identifies drivers and groups. */
export function linkName(tree: Tree, path: string): string | null {
  const link = tree.readLink(path);
  const name = link === null ? "" : nameOf(`/${link}`);
  return name === "" || name === "." || name === ".." ? null : name;
}

/**
 * A set of CPUs from the first file that has one: files whose names end in `list` hold lists, all
 * others masks. With `of`, from the first file whose set contains that CPU: a set of siblings
 * without the CPU itself is unreliable. If a file is malformed and no other has a set, the error is
 * `tree-malformed`, because wrong cores or nodes would be worse than none.
 */
export function readSet(
  tree: Tree,
  directory: string,
  names: readonly string[],
  of: number | null = null,
): IndexSet | null {
  let malformed: string | null = null;
  for (const name of names) {
    const text = tree.readText(`${directory}/${name}`);
    // An empty list is an empty line; a file without any line has no value.
    if (text === null || text === "" || (!isListName(name) && text.trim() === "")) continue;
    const clean = withoutNuls(text);
    const set = isListName(name) ? (isCut(clean) ? null : parseList(clean)) : parseMask(clean);
    if (set === null) malformed ??= name;
    else if (of === null || has(set, of)) return set;
  }
  if (malformed === null) return null;
  throw new EvenkeelError("tree-malformed", `${directory}/${malformed} is not a set of CPUs`, {
    where: tree.where,
    expected: isListName(malformed)
      ? "a list such as 0-27,112-139"
      : "a mask such as 00ff,ffffffff",
  });
}

/**
 * Kernels before 5.16 cut a list off at the end of a page, even inside a number; masks always fit.
 */
function isCut(list: string): boolean {
  return list.length >= 4095 && !list.endsWith("\n");
}

function isListName(name: string): boolean {
  return name.endsWith("list") || name === "online" || name === "present" || name === "possible";
}

/** The indices N of the names `prefixN` in a directory, ascending. */
export function indexedNames(tree: Tree, directory: string, prefix: string): number[] {
  const found: number[] = [];
  for (const name of tree.list(directory)) {
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    if (/^(0|[1-9]\d{0,4})$/.test(rest)) found.push(Number(rest));
  }
  return found.toSorted((a, b) => a - b);
}

/** The lines `key: value` of a text, in order, without the blanks around either. */
export function* fields(text: string): Generator<readonly [key: string, value: string]> {
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) yield [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  }
}

/** The bytes of a meminfo field such as `MemTotal`, written `Node 0 MemTotal` for a node. */
export function memoryField(meminfo: string | null, name: string): number | null {
  for (const [key, value] of fields(meminfo ?? "")) {
    if (key.slice(key.lastIndexOf(" ") + 1) !== name) continue;
    const match = /^(\d{1,12}) kB$/.exec(value);
    return match === null ? null : Number(match[1]) * KiB;
  }
  return null;
}
