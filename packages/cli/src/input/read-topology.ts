import type { Merged } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSource } from "@evenkeel/host/source/read-source.ts";
import { notesText } from "../text/notes-text.ts";
import { hasHidden, visible } from "../text/visible.ts";
import type { World } from "../world.ts";
import { readText } from "./read-text.ts";

/** The machine that a SRC on the command line names. */
export async function readTopology(source: string, world: World): Promise<Topology> {
  if (source !== "-") {
    const notes: string[] = [];
    const note = (sentence: string): void => void notes.push(sentence);
    const topology = await readSource(source, { parseTopology, note });
    world.stderr.write(notesText(notes));
    return showable(topology);
  }
  const { text, where } = await readText(source, "a Topology document", world);
  return parseTopology(text, where);
}

/** The one machine that several SRCs tell of together, and in what they contradict each other. */
export async function readTopologies(sources: readonly string[], world: World): Promise<Merged> {
  const topologies: Topology[] = [];
  for (const source of sources) topologies.push(await readTopology(source, world));
  const [only, ...others] = topologies;
  if (only !== undefined && others.length === 0) return { topology: only, findings: [] };
  const { mergeTopologies } = await import("@evenkeel/core/topology/merge/merge-topologies.ts");
  return mergeTopologies(topologies);
}

/** Loads the schemas when there is a document to read: most sources are none, and they take long. */
async function parseTopology(text: string, where: string): Promise<Topology> {
  const contract = await import("@evenkeel/contract/read-document.ts");
  return contract.parseTopology(text, where);
}

/**
 * Firmware and archives may name things in characters that would command the terminal; documents
 * hold none of those, so a topology that was read elsewhere loses them before it is used.
 */
async function showable(topology: Topology): Promise<Topology> {
  if (!hasHidden(topology)) return topology;
  const clean = JSON.stringify(topology, (_name, value: unknown) =>
    typeof value === "string" ? visible(value) : value,
  );
  return parseTopology(clean, topology.name);
}
