import { parseTopology } from "@evenkeel/contract/read-document.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSource } from "@evenkeel/host/source/read-source.ts";
import { hasHidden, visible } from "../text/visible.ts";
import type { World } from "../world.ts";
import { readText } from "./read-text.ts";

/** The machine that a SRC on the command line names. */
export async function readTopology(source: string, world: World): Promise<Topology> {
  if (source !== "-") return showable(await readSource(source, { parseTopology }));
  const { text, where } = await readText(source, "a Topology document", world);
  return parseTopology(text, where);
}

/**
 * Firmware and archives may name things in characters that would command the terminal; documents
 * hold none of those, so a topology that was read elsewhere loses them before it is used.
 */
function showable(topology: Topology): Topology {
  if (!hasHidden(topology)) return topology;
  const clean = JSON.stringify(topology, (_name, value: unknown) =>
    typeof value === "string" ? visible(value) : value,
  );
  return parseTopology(clean, topology.name);
}
