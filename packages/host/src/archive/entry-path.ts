import type { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { quoted, unsafe } from "./refusals.ts";

/**
 * Checks that every path in an archive stays inside it. Nothing of an archive is written to disk,
 * and links are followed only within the tree, so no archive can reach this machine's files. An
 * archive that tries is refused all the same: it does not come from recording a machine, and
 * another program that unpacks it may be less careful.
 *
 * Relative links may climb as long as they stay below the archive's top, as the links of sysfs do.
 * An absolute link belongs to the recorded machine: a link into its `/sys` or `/proc` is followed
 * within the tree, as its kernel meant it, and any other is refused. The same holds for entries
 * with absolute names, which `tar -P` writes. A link to a file that was not recorded is harmless
 * and common.
 */

/** The tree's path of an entry: absolute, without `.` or doubled slashes. */
export function entryPath(name: string, where: string): string {
  const names = name.split("/");
  if (names.includes("..")) throw unsafe(`entry ${quoted(name)} leads out of the archive`, where);
  const path = `/${names.filter((part) => part !== "" && part !== ".").join("/")}`;
  if (name.startsWith("/") && !isRecorded(path)) {
    throw unsafe(`entry ${quoted(name)} has an absolute name`, where);
  }
  return path;
}

/** The tree's path of the entry that a hard link refers to. */
export function linkedPath(path: string, target: string, where: string): string {
  const outside = target.startsWith("/") || target.split("/").includes("..");
  if (outside) throw linkOut(path, target, where);
  return entryPath(target, where);
}

/** Refuses a symbolic link that leads out of the tree. */
export function checkLink(path: string, target: string, where: string): void {
  const from = target.startsWith("/") ? [] : path.split("/").slice(1, -1);
  const at = [...from];
  for (const name of target.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") at.push(name);
    else if (at.pop() === undefined) throw linkOut(path, target, where);
  }
  if (target.startsWith("/") && !isRecorded(`/${at.join("/")}`)) {
    throw linkOut(path, target, where);
  }
}

/**
 * Whether an absolute path is in the machine's `/sys` or `/proc`, which is what a recording holds.
 */
function isRecorded(path: string): boolean {
  return ["/sys", "/proc"].some((top) => path === top || path.startsWith(`${top}/`));
}

function linkOut(path: string, target: string, where: string): EvenkeelError {
  const message = `link ${quoted(path.slice(1))} leads out of the archive, to ${quoted(target)}`;
  return unsafe(message, where);
}
