import { areAlike, diffTopologies } from "@evenkeel/core/topology/diff/diff-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { CliContext } from "../../command/context.ts";
import { readTopology } from "../../input/read-topology.ts";
import { differencesText } from "../../text/differences-text.ts";
import { jsonText } from "../../text/json-text.ts";

/** How another machine differs, as text, and whether nothing does. */
export async function compare(
  topology: Topology,
  source: string,
  otherSource: string,
  { surroundings, columns: width, paint }: CliContext,
  output: string,
): Promise<{ readonly text: string; readonly same: boolean }> {
  const other = await readTopology(otherSource, surroundings);
  const differences = diffTopologies(topology, other);
  const text =
    output === "json"
      ? jsonText({ a: topology.name, b: other.name, alike: areAlike(differences), differences })
      : differencesText(namesOf([topology.name, source], [other.name, otherSource]), differences, {
          width,
          paint,
        });
  return { text, same: differences.length === 0 };
}

/** The names of two machines, or how the user named them if their names are the same. */
function namesOf(
  [a, fromSource]: readonly [string, string],
  [b, diffSource]: readonly [string, string],
): readonly [string, string] {
  return a === b ? [fromSource, diffSource] : [a, b];
}
