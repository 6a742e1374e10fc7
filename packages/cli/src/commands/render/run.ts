import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contractOf } from "@evenkeel/core/guest/contract/from-guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { lintNccl } from "@evenkeel/core/guest/nccl/lint/lint.ts";
import { render, renderData, type RenderOptions } from "@evenkeel/core/render/render.ts";
import { defaultVersions, limitsFor } from "@evenkeel/core/guest/versions.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { readXml } from "@evenkeel/host/xml/read-xml.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { readPlan } from "../../input/read-documents.ts";
import { readText, refuseTwoStdins } from "../../input/read-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { ncclFindingsText } from "../../text/nccl-findings-text.ts";
import type { RenderFlags } from "./flags.ts";

export async function runRender(this: CliContext, flags: RenderFlags, path: string): Promise<void> {
  const { as, lint } = flags;
  refuseTwoStdins([path, lint ?? ""]);
  const { plan } = await readPlan(path, this.surroundings);
  const options = optionsOf(flags);
  if (lint !== undefined) return lintFile(this, flags, plan, options, lint);
  if (flags.output === "text") {
    this.surroundings.stdout.write(render(plan, as, options));
    return;
  }
  const data = renderData(plan, as, options);
  if (data === null) {
    throw new EvenkeelError("usage", `a rendering as ${as} is plain text`, {
      where: "--output",
      expected: "json with --as qemu, kubevirt or contract, or with --lint",
      remedy: "leave it out",
    });
  }
  this.surroundings.stdout.write(jsonText(data));
}

function optionsOf(flags: RenderFlags): RenderOptions {
  return {
    emulated: flags.emulated,
    architecture: flags.architecture,
    firmware: flags.firmware,
    cpuFeatures: flags["cpu-feature"],
    pci: flags.pci,
    limits: limitsFor(flags.for ?? defaultVersions),
    contractFile: flags["contract-file"],
    monitor: flags.monitor,
    firmwareFile: flags["firmware-file"],
    firmwareVariables: flags["firmware-variables"],
  };
}

/** Checks a topology file against the plan. */
async function lintFile(
  context: CliContext,
  { as, output }: RenderFlags,
  plan: Plan,
  options: RenderOptions,
  path: string,
): Promise<void> {
  if (as !== "nccl") {
    throw new EvenkeelError("usage", `a rendering as ${as} cannot be linted`, {
      where: "--lint",
      expected: "--as nccl",
      remedy: `write --as nccl in place of --as ${as}`,
    });
  }
  const { text, where } = await readText(path, "a topology file of NCCL's", context.surroundings);
  const findings = lintNccl(contractOf(guestFromPlan(plan, options)), readXml(text, where));
  if (findings.length > 0) context.finish(exitStatus.no);
  context.surroundings.stdout.write(
    output === "json" ? jsonText({ findings }) : ncclFindingsText(findings, where),
  );
}
