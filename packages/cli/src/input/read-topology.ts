import type { Merged } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { SourceOptions } from "@evenkeel/host/source/options.ts";
import { readSource } from "@evenkeel/host/source/read-source.ts";
import { writeNotes } from "../text/notes-text.ts";
import { hasHidden, visible } from "../text/visible.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { calibrationHere } from "./read-calibration.ts";
import { readStdinBytes } from "./read-text.ts";

/** Who hears what a reading says beside the topology. */
export type Hearing = Pick<SourceOptions, "note" | "booted" | "recorded"> & {
  /** The state folder that a flag names, where the calibration of this machine is kept. */
  readonly state?: string | undefined;
};

/**
 * Reads the machine that a SRC on the command line names. Notes go to standard error, unless
 * somebody else hears them.
 */
export async function readTopology(
  source: string,
  surroundings: Surroundings,
  hearing: Hearing = {},
): Promise<Topology> {
  const notes: string[] = [];
  const note = (sentence: string): void => void notes.push(sentence);
  const expected = "a Topology document, or a tool's output";
  const options: SourceOptions = {
    parseTopology,
    note,
    readStdin: (maxBytes) => readStdinBytes(expected, maxBytes, surroundings),
    pipes: true,
    calibrate: calibrationHere(hearing.state, surroundings),
    ...hearing,
  };
  const topology = await readSource(source, options);
  writeNotes(surroundings.stderr, notes);
  return showable(topology);
}

/** The machine that several SRCs describe together, and where they contradict each other. */
export async function readTopologies(
  sources: readonly string[],
  surroundings: Surroundings,
  hearing: Hearing = {},
): Promise<Merged> {
  const topologies: Topology[] = [];
  for (const source of sources) topologies.push(await readTopology(source, surroundings, hearing));
  const [only, ...others] = topologies;
  if (only !== undefined && others.length === 0) return { topology: only, findings: [] };
  const { mergeTopologies } = await import("@evenkeel/core/topology/merge/merge-topologies.ts");
  return mergeTopologies(topologies);
}

/** Loads the schemas only for a document: they take long to load, and most sources need none. */
async function parseTopology(text: string, where: string): Promise<Topology> {
  const contract = await import("@evenkeel/contract/read-document.ts");
  return contract.parseTopology(text, where);
}

/**
 * Replaces characters that would command a terminal. Names in firmware and archives may contain
 * them, and documents may not.
 */
async function showable(topology: Topology): Promise<Topology> {
  if (!hasHidden(topology)) return topology;
  const clean = JSON.stringify(topology, (_name, value: unknown) =>
    typeof value === "string" ? visible(value) : value,
  );
  return parseTopology(clean, topology.name);
}
