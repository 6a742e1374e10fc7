import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Merged } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";
import { plainText } from "../text/plain-text.ts";
import { textLimits } from "../text/read-lines.ts";
import type { SourceOptions } from "./options.ts";
import { type Reading, readingsIn } from "./recognize-text.ts";
import { textSources } from "./text-sources.ts";

/** More than any text that is read has. */
export const anyTextBytesMax: number = textLimits.bytes;

/** A machine with a thousand PCI functions takes one. */
const documentBytesMax = 16 * MiB;

/** More than any ticket has. */
const readingsMax = 64;

/**
 * The machine that a text tells of, by what is in it: the output of any tool, several of one machine
 * as in a ticket, or a Topology document; as it came out of a terminal, a log or an e-mail. With a
 * name of a text source, only what that reads.
 *
 * Of several outputs the first is believed in what they contradict each other, and `note` is told of
 * that, and of an output that cannot be read or is of another machine and so left out.
 *
 * Errors: those of the readers; where no output can be read, that of the first.
 */
export async function readAnyText(
  given: string,
  where: string,
  options: SourceOptions,
  name: string | null = null,
): Promise<Topology> {
  const text = plainText(given);
  const readings = readingsIn(text);
  const wanted = name === null ? readings : readings.filter(({ source }) => source === name);
  const [only, ...others] = wanted;
  if (only === undefined) {
    // What is XML and of no known root is most likely an export of hwloc's that is damaged.
    const likely = /^\s{0,1000}</.test(text) ? "hwloc" : "document";
    return readOne({ source: name ?? likely, text }, where, options);
  }
  if (others.length === 0) return readOne(only, where, options);
  if (wanted.length > readingsMax) {
    throw new EvenkeelError("text-unexpected", `has ${wanted.length} outputs of tools`, {
      where,
      expected: `what tools printed about one machine, of at most ${readingsMax} outputs`,
      remedy: "give those of one machine",
    });
  }
  return readSeveral(wanted, where, options);
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
  if (text.length <= maxBytes) return read(text, where);
  throw new EvenkeelError("file-too-large", `is too large: it has ${formatBytes(text.length)}`, {
    where,
    expected: `${is}, which has at most ${formatBytes(maxBytes)}`,
  });
}

/** One reading after the other joins those that came before, so that each can be left out. */
async function readSeveral(
  readings: readonly Reading[],
  where: string,
  options: SourceOptions,
): Promise<Topology> {
  const { note = () => {} } = options;
  const { mergeTopologies } = await import("@evenkeel/core/topology/merge/merge-topologies.ts");
  let merged: Merged | null = null;
  let parts: readonly Topology[] = [];
  let first: EvenkeelError | null = null;
  for (const reading of readings) {
    try {
      const together: readonly Topology[] = [...parts, await readOne(reading, where, options)];
      merged = mergeTopologies(together);
      parts = together;
    } catch (error) {
      if (!(error instanceof EvenkeelError)) throw error;
      first ??= error;
      note(`what ${where} has of ${reading.source} is left out: ${error.message}`);
    }
  }
  if (merged === null) {
    throw first ?? new EvenkeelError("text-unexpected", "tells of no machine", { where });
  }
  for (const { message } of merged.findings) note(message);
  return merged.topology;
}
