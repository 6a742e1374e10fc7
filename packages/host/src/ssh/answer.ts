import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { shorten } from "@evenkeel/core/text/shorten.ts";
import { toolFolder, tools } from "../machine/tools.ts";
import { databasePaths } from "../pci-ids/installed-names.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import type { Tree } from "../tree/tree.ts";

/** What a far machine told of itself. */
export interface Answer {
  readonly tree: Tree;
  readonly notes: readonly string[];
}

/** Files, links and directories together: a machine of 1024 CPUs has a fifth of them. */
const entriesMax = 500_000;
const notesMax = 64;
const noteLength = 200;

interface Parts {
  readonly files: Map<string, string | Uint8Array>;
  readonly links: Map<string, string>;
  readonly directories: Set<string>;
  readonly notes: string[];
}

/**
 * Reads the answer of the script in `script.ts` as a tree in memory. The far machine is not
 * trusted: an answer that names anything but a file of its `/sys` and `/proc`, an output of a tool,
 * or the database of PCI devices is refused, and a link is but a path in this tree. Nothing is
 * written.
 *
 * One step for each line. The caller bounds the length of the text.
 *
 * Errors: `answer-malformed`.
 */
export function readAnswer(text: string, nonce: string, where: string): Answer {
  const refuse = (message: string): EvenkeelError => malformed(message, where);
  const lines = text.split("\n");
  const start = lines.indexOf(`start ${nonce}`);
  if (start < 0) throw refuse(`does not begin as asked for${sample(lines)}`);
  const end = lines.indexOf(`end ${nonce}`, start);
  if (end < 0) throw refuse(`is cut short after ${lines.length - start} lines`);
  const parts: Parts = { files: new Map(), links: new Map(), directories: new Set(), notes: [] };
  let entries = 0;
  let at = start + 1;
  /** The lines of content below an entry. */
  const content = (): readonly string[] => {
    const from = at;
    while (at < end && /^[ -]/.test(lines[at] ?? "")) at++;
    return lines.slice(from, at);
  };
  while (at < end) {
    const line = lines[at++] ?? "";
    if (++entries > entriesMax) throw refuse(`names more than ${entriesMax} files`);
    const wrong = addEntry(parts, line.slice(0, 2), line.slice(2), content());
    if (wrong !== null) throw refuse(`has ${wrong}: ${JSON.stringify(shorten(line, 120))}`);
  }
  const { files, links, directories, notes } = parts;
  return { tree: memoryTree(files, links, where, directories), notes };
}

/** Adds one entry; what is wrong with it, if it cannot be added. */
function addEntry(
  { files, links, directories, notes }: Parts,
  kind: string,
  rest: string,
  content: readonly string[],
): string | null {
  if (kind === "N ") {
    if (notes.length < notesMax) notes.push(shorten(rest, noteLength));
    return null;
  }
  if (!isListed(rest)) return "a path that was not asked for";
  if (kind === "D " && content.length > 0) return "content of a directory";
  switch (kind) {
    case "F ":
      files.set(rest, textOf(content));
      return null;
    case "B ": {
      const bytes = bytesOf(content);
      if (bytes === null) return "bytes that are none";
      files.set(rest, bytes);
      return null;
    }
    case "L ": {
      const [target = ""] = content;
      if (content.length !== 1 || !isListed(target.slice(1))) return "a link that leads elsewhere";
      links.set(rest, target.slice(1));
      return null;
    }
    case "D ":
      directories.add(rest);
      return null;
    default:
      return "a line of no kind";
  }
}

const otherFiles: ReadonlySet<string> = new Set([
  ...databasePaths,
  ...tools.map(({ file }) => `${toolFolder}/${file}`),
]);

/** Whether the path is one that the script may tell of, in its shortest form. */
function isListed(path: string): boolean {
  if (otherFiles.has(path)) return true;
  if (path.length > 4096 || !/^\/(?:sys|proc)\//.test(path)) return false;
  return !path
    .slice(1)
    .split("/")
    .some((name) => name === "" || name === "." || name === "..");
}

/** A blank begins each line, and a `-` a last one without an end. */
function textOf(content: readonly string[]): string {
  return content.map((line) => line.slice(1) + (line.startsWith("-") ? "" : "\n")).join("");
}

function bytesOf(content: readonly string[]): Uint8Array | null {
  const digits = content.join("").replaceAll(" ", "");
  return /^(?:[0-9a-f]{2})*$/.test(digits) ? Buffer.from(digits, "hex") : null;
}

/** The first thing that a machine says in place of an answer. */
function sample(lines: readonly string[]): string {
  const said = lines.find((line) => line.trim() !== "");
  return said === undefined ? ", but is empty" : `: ${JSON.stringify(shorten(said, 120))}`;
}

function malformed(message: string, where: string): EvenkeelError {
  return new EvenkeelError("answer-malformed", `the machine's answer ${message}`, {
    where,
    expected: "what its shell says of its /sys and /proc",
    remedy: "see what its login says and does: no program but a shell may take the place of sh",
  });
}
