import { existsSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { readMachineTree } from "../machine/read-machine-tree.ts";
import { statsOf } from "../file/stats-of.ts";
import { ignore } from "../text/note.ts";
import { directoryTree } from "../tree/directory-tree.ts";
import { nameOf } from "../tree/resolve.ts";
import { findRoots, type Root, subtree } from "../tree/roots.ts";
import type { Tree } from "../tree/tree.ts";
import type { SourceOptions } from "./options.ts";

/**
 * Reads a recorded machine: a directory, or a tar of one. If it holds several machines, a `#` and a
 * directory inside choose one.
 *
 * The bytes of a tar that came through a pipe are `given`.
 *
 * Errors: `tree-empty` if there is no machine, `archive-ambiguous` if there are several and none is
 * chosen, and those of reading the tree.
 */
export async function readRecording(
  source: string,
  { note = ignore, recorded }: Pick<SourceOptions, "note" | "recorded">,
  given: Uint8Array | null = null,
): Promise<Topology> {
  const { tree, name } = await openRecording(source, given);
  recorded?.(tree);
  return readMachineTree(tree, note, name);
}

/** Opens a recorded machine: its tree, and the name that the source chooses it by, if it does. */
async function openRecording(
  source: string,
  given: Uint8Array | null,
): Promise<{ readonly tree: Tree; readonly name?: string }> {
  const { path, inner } = given === null ? split(source) : { path: source, inner: null };
  const tree = await treeAt(path, given);
  const roots = findRoots(tree);
  const choice = inner === null ? null : normal(inner);
  const wanted = choice === null ? roots : roots.filter((root) => root.path === choice);
  const [only, ...others] = wanted;
  if (only === undefined) throw roots.length === 0 ? nothing(path) : notThere(path, choice, roots);
  if (others.length > 0) throw ambiguous(path, wanted);
  const machine = subtree(tree, only);
  return choice === null ? { tree: machine } : { tree: machine, name: nameOf(choice) };
}

/** Splits a source at its `#`, unless the whole is an existing path. */
function split(source: string): { readonly path: string; readonly inner: string | null } {
  const at = source.lastIndexOf("#");
  if (at < 0 || (!source.includes("\0") && existsSync(source)))
    return { path: source, inner: null };
  return { path: source.slice(0, at), inner: source.slice(at + 1) };
}

/** The path of a machine as `findRoots` writes it: absolute in the tree. */
function normal(inner: string): string {
  return `/${inner
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .join("/")}`;
}

async function treeAt(path: string, given: Uint8Array | null): Promise<Tree> {
  if (given === null && statsOf(path)?.isDirectory() === true) return directoryTree(path);
  const { readArchive } = await import("../archive/read-archive.ts");
  return readArchive(path, undefined, given);
}

function nothing(where: string): EvenkeelError {
  return new EvenkeelError("tree-empty", "holds no recorded machine", {
    where,
    expected: "sys/devices/system/cpu, at its top or in a directory",
    remedy: "record one with evenkeel snapshot FILE",
  });
}

function notThere(where: string, inner: string | null, roots: readonly Root[]): EvenkeelError {
  return new EvenkeelError("tree-empty", `holds no recorded machine in ${inner}`, {
    where,
    expected: `one of ${shown(roots)}`,
    remedy: choose(where, roots),
  });
}

function ambiguous(where: string, roots: readonly Root[]): EvenkeelError {
  return new EvenkeelError("archive-ambiguous", `holds ${roots.length} recorded machines`, {
    where,
    expected: `one machine; it has ${shown(roots)}`,
    remedy: choose(where, roots),
  });
}

const shownMax = 12;

function shown(roots: readonly Root[]): string {
  const names = roots.slice(0, shownMax).map(({ path }) => path.slice(1));
  const more = roots.length > shownMax ? ` and ${roots.length - shownMax} more` : "";
  return `${names.join(", ")}${more}`;
}

function choose(where: string, [first]: readonly Root[]): string {
  return `choose one, as in ${shellWord(`sysfs:${where}#${first?.path.slice(1) ?? ""}`)}`;
}
