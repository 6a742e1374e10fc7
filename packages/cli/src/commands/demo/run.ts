import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { render } from "@evenkeel/core/render/render.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { compareTwins, twinRequest } from "@evenkeel/simulate/twins.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { makeFolder, refuseOtherThanFile, writeWholeFile } from "@evenkeel/host/file/write-file.ts";
import type { CliContext } from "../../command/context.ts";
import { readTopology } from "../../input/read-topology.ts";
import { jsonText } from "../../text/json-text.ts";
import { twinsText } from "../../text/twins-text.ts";
import type { DemoFlags } from "./flags.ts";

const STAND_IN = "machine:hgx-h100";

export async function runDemo(this: CliContext, { on, out, output }: DemoFlags): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const { topology, why } = await chooseMachine(on, this);
  const request = twinRequest(topology, defaultHostPolicy);
  const comparison = request && compareTwins(topology, defaultHostPolicy, request);
  if (comparison === null) {
    throw new EvenkeelError("request-invalid", "this machine has no room for two equal VMs", {
      where: topology.name,
      expected: "two accelerators on known nodes, with cores and memory of their own",
      remedy: `try one of the catalog: evenkeel demo --on ${STAND_IN}`,
    });
  }
  const written = comparison.plans.flatMap((plan) => [
    { name: `${plan.vm}.plan.json`, text: jsonText(plan) },
    { name: `${plan.vm}.libvirt.xml`, text: render(plan, "libvirt") },
  ]);
  await makeFolder(out);
  for (const { name } of written) await refuseOtherThanFile(join(out, name));
  for (const { name, text } of written) await writeWholeFile(join(out, name), text);
  const files = written.map(({ name }) => name);
  const text = (): string => twinsText(comparison, why, { folder: out, files }, { width, paint });
  const { ordinary, plans, layers } = comparison;
  const machine = comparison.topology.name;
  surroundings.stdout.write(
    output === "json" ? jsonText({ machine, ordinary, plans, layers, files }) : text(),
  );
}

/** The machine asked for; without one, this machine if two VMs fit, or else one of the catalog. */
async function chooseMachine(
  on: string | undefined,
  { surroundings }: CliContext,
): Promise<{ readonly topology: Topology; readonly why: string }> {
  if (on !== undefined) return { topology: await readTopology(on, surroundings), why: `On ${on}` };
  const live = await readTopology("live", surroundings).catch(() => null);
  if (live !== null && twinRequest(live, defaultHostPolicy) !== null) {
    return { topology: live, why: `On this machine, ${live.name}` };
  }
  const has = live === null ? "could not be read" : "has no two accelerators";
  const topology = await readTopology(STAND_IN, surroundings);
  return { topology, why: `This machine ${has}, so this is the catalog's ${topology.name}` };
}
