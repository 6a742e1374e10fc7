import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { SceneOptions } from "@evenkeel/core/topology/draw/scene.ts";
import type { Tenancy } from "@evenkeel/core/topology/draw/tenancy.ts";
import type { MergeFinding } from "@evenkeel/core/topology/merge/finding.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import type { PlanFile } from "../../input/read-documents.ts";
import type { ReadMachine } from "../../input/read-hosts.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { readTopologies } from "../../input/read-topology.ts";
import { jsonText } from "../../text/json-text.ts";
import { styled } from "../../text/terminal-text.ts";
import { restOfFindings, writeNotes } from "../../text/notes-text.ts";
import type { TopologyFlags } from "./flags.ts";
import type { Subject } from "./subject.ts";

export async function runTopology(
  this: CliContext,
  given: TopologyFlags,
  ...named: string[]
): Promise<void> {
  const flags = { ...given, from: [...named, ...given.from] };
  const { from, diff, fit, taken, profile, policy, output } = flags;
  const { surroundings } = this;
  refuseTwoStdins([
    ...from,
    diff ?? "",
    ...fit,
    ...taken,
    ...profile,
    policy ?? "",
    flags.fleet ?? "",
  ]);
  refuseMisfits(flags);
  if (flags.list) {
    const { catalogText } = await import("./catalog-text.ts");
    return surroundings.stdout.write(catalogText(output, this));
  }
  if (flags.fleet !== undefined && flags.host === undefined) {
    const { printFleet } = await import("./fleet.ts");
    return printFleet(flags.fleet, flags, this);
  }
  const { sources, machine, findings, plans } = await readSubject(flags, surroundings);
  const { topology } = machine;
  const drawn = output === "text" && diff === undefined && fit.length === 0;
  if (!drawn) {
    const notes = findings.map(({ message }) => message);
    writeNotes(surroundings.stderr, notes, { all: output === "json", rest: restOfFindings });
  }
  if (diff !== undefined) {
    const { compare } = await import("./compare.ts");
    const { text, same } = await compare(topology, sources.join(" + "), diff, this, output);
    if (!same) this.finish(exitStatus.no);
    surroundings.stdout.write(text);
  } else if (fit.length > 0) {
    const { fitText } = await import("./fit.ts");
    const { text, status } = await fitText(topology, machine.policy, flags, this);
    this.finish(status);
    surroundings.stdout.write(text);
  } else {
    const scene = { all: flags.all, tenancy: await tenancyFor(machine, plans, flags, this) };
    surroundings.stdout.write(
      drawn
        ? await drawing(topology, findings, scene, this)
        : await rendered(topology, output, scene),
    );
  }
}

/** Reads the machine that the flags name. */
async function readSubject(
  { from, fleet, host = "" }: TopologyFlags,
  surroundings: Surroundings,
): Promise<Subject> {
  if (fleet !== undefined) {
    const { hostOfFleet } = await import("./fleet.ts");
    return hostOfFleet(fleet, host, surroundings);
  }
  const sources = from.length === 0 ? ["live"] : from;
  const { topology, findings } = await readTopologies(sources, surroundings);
  const machine = { topology, isHere: sources.includes("live"), policy: null };
  return { sources, machine, findings, plans: [] };
}

/** Who has what of the machine; null where no VMs are to be drawn. */
async function tenancyFor(
  machine: ReadMachine,
  plans: readonly PlanFile[],
  { taken, policy, state, output }: TopologyFlags,
  { surroundings }: CliContext,
): Promise<Tenancy | null> {
  if (state !== undefined && !machine.isHere) {
    throw misfit("--state has no effect on another machine", "live, which is this machine");
  }
  const isPicture = output === "text" || output === "svg";
  const isAsked = taken.length > 0 || plans.length > 0 || state !== undefined;
  if (!isPicture || !isAsked) return null;
  const { occupiedHosts } = await import("../../input/read-hosts.ts");
  const { tenancyOf } = await import("@evenkeel/core/placement/tenancy/tenancy-of-host.ts");
  const wanted = { taken, policy, state, vm: null };
  const [host] = await occupiedHosts([machine], plans, wanted, surroundings);
  return host === undefined ? null : tenancyOf(host);
}

/** The drawing; below it, where the sources disagree and what is unusual about the machine. */
async function drawing(
  topology: Topology,
  findings: readonly MergeFinding[],
  scene: SceneOptions,
  { columns: width, color, paint }: CliContext,
): Promise<string> {
  const { drawTopology } = await import("@evenkeel/core/topology/draw/draw-topology.ts");
  const { findingsText, warningsText } = await import("../../text/remarks-text.ts");
  const { topologyWarnings } = await import("@evenkeel/core/topology/warnings/warnings.ts");
  const view = { width, paint };
  return [
    // The drawing shows no control character of a name; its escapes are its own.
    styled(drawTopology(topology, { width, color, ...scene })),
    findingsText(findings, view),
    warningsText(topologyWarnings(topology), view),
  ].join("");
}

async function rendered(
  topology: Topology,
  output: TopologyFlags["output"],
  scene: SceneOptions,
): Promise<string> {
  switch (output) {
    case "svg": {
      const { drawSvg } = await import("@evenkeel/core/topology/draw/svg/draw-svg.ts");
      return drawSvg(topology, scene);
    }
    case "dot": {
      const { drawDot } = await import("@evenkeel/core/topology/draw/draw-dot.ts");
      return drawDot(topology);
    }
    case "nccl": {
      const { ncclTopology } = await import("@evenkeel/core/nccl/print-topology.ts");
      const { writeXml } = await import("@evenkeel/core/xml/write.ts");
      return writeXml(ncclTopology(topology), '"');
    }
    case "json":
    case "text":
      return jsonText(topology);
  }
}

/** Refuses combinations of flags that ask for different answers. */
function refuseMisfits(flags: TopologyFlags): void {
  const { from, fleet, host, diff, fit, taken, all, profile, policy, state, list, output } = flags;
  if (list && (from.length > 0 || diff !== undefined || fit.length > 0 || taken.length > 0)) {
    throw misfit("--list names machines and reads none", "--list alone, or with --output json");
  }
  if (list && fleet !== undefined) throw misfit("--list and --fleet are given", "one of the two");
  if (list && output !== "text" && output !== "json") {
    throw misfit(`--list has no answer as ${output}`, "--output text or json with --list");
  }
  if (fleet !== undefined && from.length > 0) {
    throw misfit("--from and --fleet name two machines", "one of the two");
  }
  if (fleet === undefined && (host !== undefined || flags["skip-unreadable"])) {
    const flag = host === undefined ? "--skip-unreadable" : "--host";
    throw misfit(`${flag} has no effect without --fleet`, "a fleet that has the host");
  }
  const isDrawn = taken.length > 0 || state !== undefined || all;
  const isOne =
    isDrawn || diff !== undefined || fit.length > 0 || (output !== "text" && output !== "json");
  if (fleet !== undefined && host === undefined && isOne) {
    throw misfit(
      "this is an answer about one machine, and the fleet has several",
      "--host NAME too",
    );
  }
  const asked = diff !== undefined ? "--diff" : "--fit";
  const answers = diff !== undefined || fit.length > 0;
  if (diff !== undefined && fit.length > 0) {
    throw misfit("--diff and --fit ask for two answers", "one of the two");
  }
  if (answers && output !== "text" && output !== "json") {
    throw misfit(`${asked} has no answer as ${output}`, `--output text or json with ${asked}`);
  }
  const isPicture = !answers && (output === "text" || output === "svg");
  for (const [flag, given] of [
    ["--taken", taken.length > 0],
    ["--state", state !== undefined],
    ["--all", all],
  ] as const) {
    if (!given || isPicture) continue;
    const beside = answers ? `with ${asked}` : `as ${output}`;
    throw misfit(`${flag} has no effect ${beside}`, `--output text or svg with ${flag}`);
  }
  if (policy !== undefined && fleet !== undefined) {
    throw misfit("--policy and --fleet are given", "the policy in the fleet's file");
  }
  if (profile.length > 0 && fit.length === 0) {
    throw misfit("--profile has no effect without --fit", "--fit FILE with --profile");
  }
  const isUsed = fit.length > 0 || taken.length > 0 || state !== undefined;
  if (policy !== undefined && !isUsed) {
    throw misfit(
      "--policy has no effect without --fit, --taken or --state",
      "a policy together with flavors to fit, or with plans to draw",
    );
  }
}

function misfit(message: string, expected: string): EvenkeelError {
  return new EvenkeelError("usage", message, {
    expected,
    remedy: "run evenkeel topology --help",
  });
}
