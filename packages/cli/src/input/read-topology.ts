import { parseTopology } from "@evenkeel/contract/read-document.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSource } from "@evenkeel/host/source/read-source.ts";
import type { World } from "../world.ts";
import { readText } from "./read-text.ts";

/** The machine that a SRC on the command line names. */
export async function readTopology(source: string, world: World): Promise<Topology> {
  if (source !== "-") return readSource(source, { parseTopology });
  const { text, where } = await readText(source, "a Topology document", world);
  return parseTopology(text, where);
}
