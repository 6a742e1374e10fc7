import { linesText } from "../../text/terminal-text.ts";
import { describeFit } from "@evenkeel/core/fleet/fit/describe-fit.ts";
import { fitFlavors } from "@evenkeel/core/fleet/fit/fit.ts";
import type { FlavorFit } from "@evenkeel/core/fleet/fit/flavor-fit.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { requestOfFlavor } from "@evenkeel/core/request/resolve.ts";
import type { CliContext } from "../../command/context.ts";
import { type ExitStatus, exitStatus } from "../../command/exit-status.ts";
import { writeNotes } from "../../text/notes-text.ts";
import { absentNamesNotes } from "../../text/policy-text.ts";
import { jsonText } from "../../text/json-text.ts";
import type { View } from "../../text/plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "../../text/table.ts";
import { readFlavors } from "../../input/read-documents.ts";
import { readProfiles } from "../../input/read-profiles.ts";
import { readPolicies } from "../../input/read-policy.ts";
import type { TopologyFlags } from "./flags.ts";

/**
 * Reports which flavors straddle nodes on an empty machine. A flavor fits when one node holds a
 * whole VM of it, under the policy that was said for it or else the one of the flags. The status is
 * `no` if any does not, and `unknown` if that is not known of any.
 */
export async function fitText(
  topology: Topology,
  said: HostPolicy | null,
  { from, fit: paths, profile, policy: policyPath, output }: TopologyFlags,
  { surroundings, columns: width, paint }: CliContext,
): Promise<{ readonly text: string; readonly status: ExitStatus }> {
  const flavors = await readFlavors(paths, surroundings);
  const profiles = await readProfiles(profile, surroundings);
  const isHere = from.every((source) => source === "live");
  const policy =
    said ?? (await readPolicies(policyPath, surroundings))[isHere ? "here" : "elsewhere"];
  writeNotes(surroundings.stderr, absentNamesNotes([{ topology, policy }]));
  const fits = fitFlavors(
    topology,
    policy,
    flavors.map((flavor) => requestOfFlavor(flavor, profiles)),
  );
  const text =
    output === "json"
      ? jsonText({ host: topology.name, fits })
      : fitsText(topology.name, fits, { width, paint });
  return { text, status: statusOf(fits) };
}

function statusOf(fits: readonly FlavorFit[]): ExitStatus {
  if (fits.some(({ onOneNode }) => onOneNode === false)) return exitStatus.no;
  return fits.every(({ onOneNode }) => onOneNode === true) ? exitStatus.done : exitStatus.unknown;
}

function fitsText(host: string, fits: readonly FlavorFit[], { width, paint }: View): string {
  const straddling = fits.filter(({ onOneNode }) => onOneNode === false).length;
  const unknown = fits.filter(({ onOneNode }) => onOneNode === null).length;
  const of = (count: number): string => `${count} of ${fits.length} flavors`;
  const title =
    straddling > 0
      ? `${of(straddling)} ${straddling === 1 ? "does" : "do"} not fit on one node`
      : unknown > 0
        ? `not enough is known to say whether ${of(unknown)} ${unknown === 1 ? "fits" : "fit"} on one node`
        : "every flavor fits on one node";
  return linesText([
    `${paint("bold", host)}: ${title}`,
    "",
    ...fits.flatMap((fit) => hanging("  ", wrap(describeFit(fit), width - 4, "  "))),
  ]);
}
