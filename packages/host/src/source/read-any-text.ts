import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Merged } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";
import { ignore, type Note } from "../text/note.ts";
import { plainText } from "../text/plain-text.ts";
import { textLimits } from "../text/read-lines.ts";
import type { SourceOptions } from "./options.ts";
import { type Reading, readingsIn, type Unread } from "./recognize-text.ts";
import { textSources } from "./text-sources.ts";
import { textsInJson } from "../text/unwrap.ts";
import { refuseUnknown } from "./unknown-text.ts";

/** The limit of a text. None that is read is longer. */
export const anyTextBytesMax: number = textLimits.bytes;

/** The limit of a Topology document. A machine with a thousand PCI functions takes 1 MiB. */
const documentBytesMax = 16 * MiB;

/** The most outputs in a text, more than any ticket has. */
const readingsMax = 64;

/**
 * Reads the machine that a text describes, by its content: the output of any tool, several outputs
 * about one machine as in a ticket, or a Topology document; also as copied from a terminal, a log
 * or an e-mail. If a text source is named, only its output is read.
 *
 * Where outputs contradict each other the first one counts, and `note` gets the contradiction.
 * Outputs that cannot be read, or are about another machine, are left out with a note; so are the
 * outputs of programs that are not read.
 *
 * Errors: `text-unexpected` for a text that is no output, with what it looks like and what would
 * serve; those of the readers; if no output can be read, that of the first.
 */
export async function readAnyText(
  given: string,
  where: string,
  options: SourceOptions,
  name: string | null = null,
): Promise<Topology> {
  const text = plainText(given);
  const unread: Unread[] = [];
  const readings = readingsIn(text, (lines) => void unread.push(lines));
  const inner = readings.every(({ source }) => source === "document") ? textsInJson(text) : null;
  if (inner !== null && readingsIn(plainText(inner)).length > 0) {
    return readAnyText(inner, where, options, name);
  }
  const wanted = name === null ? readings : readings.filter(({ source }) => source === name);
  const [only, ...others] = wanted;
  if (only === undefined || (only.source === "document" && others.length === 0)) {
    refuseUnknown({ given, text, where, name, found: readings.map(({ source }) => source) });
  }
  if (only === undefined) return readOne({ source: name ?? "document", text }, where, options);
  noteUnread(unread, where, options.note ?? ignore);
  if (others.length === 0) return readOne(only, where, options);
  if (wanted.length > readingsMax) {
    throw new EvenkeelError("text-unexpected", `has ${wanted.length} outputs of tools`, {
      where,
      expected: `at most ${readingsMax} outputs of tools about one machine`,
      remedy: "give the outputs for one machine",
    });
  }
  return readSeveral(wanted, where, options);
}

/** The most runs of lines that are named; a long ticket cannot bury the answer. */
const unreadMax = 4;

function noteUnread(unread: readonly Unread[], where: string, note: Note): void {
  for (const { first, last, name } of unread.slice(0, unreadMax)) {
    const lines = first === last ? `line ${first}` : `lines ${first}-${last}`;
    note(`${lines} of ${where} look like ${name}: not read`);
  }
  const more = unread.length - unreadMax;
  if (more > 0) note(`${more} more parts of ${where} are no output that is read`);
}

function readOne(
  { source, text }: Reading,
  where: string,
  options: SourceOptions,
): Topology | Promise<Topology> {
  const { maxBytes, read, is } = textSources.get(source) ?? {
    maxBytes: documentBytesMax,
    is: "a Topology document, or a tool's output",
    read: async () => checkedTopology(await options.parseTopology(text, where), where),
  };
  if (text.length <= maxBytes) return read(text, where, options.note ?? ignore);
  throw new EvenkeelError("file-too-large", `is too large: it has ${formatBytes(text.length)}`, {
    where,
    expected: `${is}, which has at most ${formatBytes(maxBytes)}`,
  });
}

/** Merges one reading after the other, so that each can be left out. */
async function readSeveral(
  readings: readonly Reading[],
  where: string,
  options: SourceOptions,
): Promise<Topology> {
  const { note = ignore } = options;
  const { mergeTopologies } = await import("@evenkeel/core/topology/merge/merge-topologies.ts");
  let merged: Merged | null = null;
  let parts: readonly Topology[] = [];
  let first: EvenkeelError | null = null;
  for (const reading of readings) {
    try {
      // The notes on an output that is left out would be about another machine.
      const notes: string[] = [];
      const own = { ...options, note: (sentence: string): void => void notes.push(sentence) };
      const together: readonly Topology[] = [...parts, await readOne(reading, where, own)];
      merged = mergeTopologies(together);
      parts = together;
      for (const sentence of notes) note(sentence);
    } catch (error) {
      if (!(error instanceof EvenkeelError)) throw error;
      first ??= error;
      note(`the output of ${reading.source} in ${where} is left out: ${error.message}`);
    }
  }
  if (merged === null) {
    throw first ?? new EvenkeelError("text-unexpected", "describes no machine", { where });
  }
  for (const { message } of merged.findings) note(message);
  return merged.topology;
}
