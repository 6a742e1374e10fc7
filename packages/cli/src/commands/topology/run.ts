import { diffTopologies } from "@evenkeel/core/topology/diff/diff-topologies.ts";
import { drawTopology } from "@evenkeel/core/topology/draw/draw-topology.ts";
import type { CliContext } from "../../context.ts";
import { exitStatus } from "../../exit-status.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import { differencesText } from "../../text/differences-text.ts";
import { jsonText } from "../../text/json-text.ts";
import type { TopologyFlags } from "./command.ts";

export async function runTopology(this: CliContext, flags: TopologyFlags): Promise<void> {
  const { from, diff, output } = flags;
  refuseTwoStdins([from, diff ?? ""]);
  const topology = await readTopology(from, this.world);
  if (diff === undefined) {
    const { columns: width, color } = this;
    this.world.stdout.write(
      output === "json" ? jsonText(topology) : drawTopology(topology, { width, color }),
    );
    return;
  }
  const other = await readTopology(diff, this.world);
  const differences = diffTopologies(topology, other);
  if (differences.length > 0) this.finish(exitStatus.no);
  const view = { width: this.columns, paint: this.paint };
  this.world.stdout.write(
    output === "json"
      ? jsonText({ a: topology.name, b: other.name, differences })
      : differencesText(namesOf([topology.name, from], [other.name, diff]), differences, view),
  );
}

/** Two machines by their names or, where those are the same, by what the user called them. */
function namesOf(
  [a, fromSource]: readonly [string, string],
  [b, diffSource]: readonly [string, string],
): readonly [string, string] {
  return a === b ? [fromSource, diffSource] : [a, b];
}
