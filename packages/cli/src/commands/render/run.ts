import { readDocument } from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contractOf } from "@evenkeel/core/guest/contract/from-guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { lintNccl } from "@evenkeel/core/guest/nccl/lint/lint.ts";
import { render, renderData, type RenderOptions } from "@evenkeel/core/render/render.ts";
import { defaultVersions, limitsFor } from "@evenkeel/core/guest/versions.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { readXml } from "@evenkeel/host/xml/read-xml.ts";
import type { CliContext } from "../../context.ts";
import { exitStatus } from "../../exit-status.ts";
import { readText, refuseTwoStdins } from "../../input/read-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { ncclFindingsText } from "../../text/nccl-findings-text.ts";
import type { RenderFlags } from "./command.ts";

export async function runRender(this: CliContext, flags: RenderFlags, path: string): Promise<void> {
  const { as, lint } = flags;
  refuseTwoStdins([path, lint ?? ""]);
  const { text, where } = await readText(path, "a Plan document", this.world);
  const plan = readDocument(text, where, "Plan");
  const options = optionsOf(flags);
  if (lint !== undefined) return lintFile(this, flags, plan, options, lint);
  if (flags.output === "text") {
    this.world.stdout.write(render(plan, as, options));
    return;
  }
  const data = renderData(plan, as, options);
  if (data === null) {
    throw new EvenkeelError("usage", `a rendering as ${as} is a text and nothing else`, {
      where: "--output",
      expected: "json of qemu, kubevirt or contract, or with --lint",
      remedy: "leave it out",
    });
  }
  this.world.stdout.write(jsonText(data));
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

/** Holds a topology file against the plan. */
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
    });
  }
  const { text, where } = await readText(path, "a topology file of NCCL's", context.world);
  const findings = lintNccl(contractOf(guestFromPlan(plan, options)), readXml(text, where));
  if (findings.length > 0) context.finish(exitStatus.no);
  context.world.stdout.write(
    output === "json" ? jsonText({ findings }) : ncclFindingsText(findings, where),
  );
}
