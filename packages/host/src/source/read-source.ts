import { existsSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { SourceOptions } from "./options.ts";
import { textSources } from "./text-sources.ts";

/** Every form of a source, for messages. */
const sourceForms: readonly string[] = [
  "live",
  "sysfs:DIR",
  "sysfs:TAR",
  ...[...textSources.keys()].map((name) => `${name}:FILE`),
  "machine:NAME",
  "synthetic:TEXT",
  "FILE",
];

function ignore(): void {
  // Who gives no way to tell notes wants none.
}

type Reader = (rest: string, options: SourceOptions) => Promise<Topology>;

/** Loaded when they are asked for, so that a command loads only what it reads. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "sysfs",
    async (rest, { note = ignore }) =>
      (await import("./read-recording.ts")).readRecording(rest, note),
  ],
  ...[...textSources.keys()].map((name): [string, Reader] => [
    name,
    async (rest, options) =>
      (await import("./read-file-source.ts")).readTextFile(name, rest, options),
  ]),
  ["machine", async (rest) => (await import("./read-machine.ts")).readMachine(rest)],
  [
    "synthetic",
    async (rest) =>
      (await import("@evenkeel/core/topology/synthetic/build.ts")).syntheticTopology(rest),
  ],
]);

/**
 * The machine that a source names:
 *
 * - `live`: the machine this runs on
 * - `sysfs:DIR`, `sysfs:TAR`: its `/sys` and `/proc` as somebody recorded them, in a directory or in a
 *   tar; `sysfs:TAR#DIR` chooses one of several machines
 * - `hwloc:FILE` and the other text sources: what that tool writes, also where it was pasted with
 *   other output around it
 * - `machine:NAME`: a machine of the catalog
 * - `synthetic:TEXT`: a machine described in one line
 * - a path: any of those files, or a Topology document, by what is in it; of a text with the output
 *   of several tools, as a ticket has it, the machine that they tell of together
 *
 * Errors: `source-unknown` where it is none of these, `machine-unknown`, and those of what it names.
 */
export async function readSource(source: string, options: SourceOptions): Promise<Topology> {
  if (source === "live") {
    const { readMachineTree } = await import("../machine/read-machine-tree.ts");
    const { liveMachineTree } = await import("../machine/live-machine.ts");
    const note = options.note ?? ignore;
    return readMachineTree(await liveMachineTree(note), note);
  }
  const colon = source.indexOf(":");
  const prefix = source.slice(0, Math.max(0, colon));
  const reader = readers.get(prefix);
  const rest = source.slice(colon + 1);
  if (reader !== undefined && rest !== "") return reader(rest, options);
  // A name that is a file's is that file, whatever it looks like.
  if (source !== "" && isPath(source, prefix)) {
    return (await import("./read-file-source.ts")).readPath(source, options);
  }
  throw await unknownSource(source, prefix);
}

/** True of what exists, and of what looks so much like a path that it must have been meant as one. */
function isPath(source: string, prefix: string): boolean {
  if (!source.includes("\0") && existsSync(source)) return true;
  return !/^[a-z0-9-]*$/i.test(prefix === "" ? source : prefix);
}

async function unknownSource(source: string, prefix: string): Promise<EvenkeelError> {
  const detail = {
    where: source === "" ? "the topology source" : source,
    expected: `one of ${sourceForms.join(", ")}`,
  };
  if (readers.has(prefix)) {
    return new EvenkeelError("source-unknown", `says nothing after ${prefix}:`, detail);
  }
  const meant = await likelyMeant(source, prefix);
  return new EvenkeelError("source-unknown", "is neither a file nor a kind of topology source", {
    ...detail,
    ...(meant === null ? {} : { remedy: `did you mean ${meant}?` }),
  });
}

/** A misspelled kind or, of a word alone, `live` or a machine of the catalog without its prefix. */
async function likelyMeant(source: string, prefix: string): Promise<string | null> {
  if (prefix !== "") {
    const kind = didYouMean(prefix, [...readers.keys()]);
    return kind === null ? null : `${kind}${source.slice(prefix.length)}`;
  }
  if (didYouMean(source, ["live"]) !== null) return "live";
  const { catalogNames } = await import("@evenkeel/core/topology/catalog/catalog.ts");
  const name = didYouMean(source, catalogNames);
  return name === null ? null : `machine:${name}`;
}
