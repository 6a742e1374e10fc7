import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { statsOf } from "@evenkeel/host/file/stats-of.ts";

/** More names in a folder, or plans by one path, are no folder of a host's plans. */
const namesMax = 10_000;
const filesMax = 4096;

/**
 * The files that a path of taken plans means: itself; the `.json`, `.yaml` and `.yml` files of a
 * folder; or the files that a pattern names, in whose last part `*` is any text and `?` any
 * character. In the order of their names.
 *
 * Errors: `file-missing` where a pattern names no file, `file-unreadable`, `file-too-large`.
 */
export function takenFiles(path: string, where: string): readonly string[] {
  const at = path.lastIndexOf("/");
  const [folder, last] = at < 0 ? [".", path] : [path.slice(0, at) || "/", path.slice(at + 1)];
  if (isPattern(last) && !isPattern(folder) && !isThere(path)) {
    const files = namesIn(folder, where).filter((name) => matches(name, last));
    if (files.length === 0) throw noFile(path, where, "no file has such a name");
    return bounded(files, folder, where);
  }
  if (isPattern(folder) && !isThere(path)) {
    throw noFile(path, where, "only the last part of a path may have * and ?");
  }
  if (statsOf(path)?.isDirectory() === true) {
    return bounded(
      namesIn(path, where).filter((name) => /^[^.].*\.(json|ya?ml)$/i.test(name)),
      path,
      where,
    );
  }
  return [path];
}

const isPattern = (text: string): boolean => /[*?]/.test(text);

const isThere = (path: string): boolean => statsOf(path) !== null;

/**
 * Whether a name is one of the pattern's. What a `*` stands for grows until the rest matches, and
 * only the last `*` is ever tried again: at most one step for each pair of their characters.
 */
function matches(name: string, pattern: string): boolean {
  // Hidden files are named in full, as in a shell.
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  let [at, inPattern] = [0, 0];
  let star: { readonly inPattern: number; readonly at: number } | null = null;
  while (at < name.length) {
    const wanted = pattern[inPattern];
    if (wanted === "*") {
      star = { inPattern, at };
      inPattern++;
    } else if (wanted === "?" || (wanted !== undefined && wanted === name[at])) {
      at++;
      inPattern++;
    } else {
      if (star === null) return false;
      star = { inPattern: star.inPattern, at: star.at + 1 };
      [at, inPattern] = [star.at, star.inPattern + 1];
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}

function namesIn(folder: string, where: string): readonly string[] {
  try {
    const names = readdirSync(folder);
    if (names.length <= namesMax) return names.toSorted();
  } catch (cause) {
    throw new EvenkeelError("file-unreadable", `the folder ${folder} cannot be listed`, {
      where,
      expected: "a folder with Plan documents",
      remedy: `see whether it is there and may be read: ls -ld ${shellWord(folder)}`,
      cause,
    });
  }
  throw new EvenkeelError("file-too-large", `the folder ${folder} has over ${namesMax} entries`, {
    where,
    expected: "a folder with the plans of hosts",
    remedy: "give a folder that has nothing but plans",
  });
}

function bounded(names: readonly string[], folder: string, where: string): readonly string[] {
  if (names.length > filesMax) {
    throw new EvenkeelError("file-too-large", `${folder} has ${names.length} such files`, {
      where,
      expected: `at most ${filesMax} plans`,
      remedy: "remove the plans of VMs that run no more",
    });
  }
  return names.map((name) => join(folder, name));
}

function noFile(path: string, where: string, message: string): EvenkeelError {
  return new EvenkeelError("file-missing", `${JSON.stringify(path)}: ${message}`, {
    where,
    expected: "a file with a Plan, a folder of such files, or a pattern such as plans/*.json",
    remedy: `see what is there: ls ${shellWord(dirname(path))}`,
  });
}
