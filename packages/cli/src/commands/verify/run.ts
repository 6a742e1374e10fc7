import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { type VerifyOptions, verify } from "@evenkeel/core/verify/verify.ts";
import type { CliContext } from "../../context.ts";
import { exitStatus } from "../../exit-status.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { verdictText } from "../../text/verdict-text.ts";
import type { VerifyFlags } from "./command.ts";
import { type EvidenceSource, evidenceSource, memoryPathsOf, plannedVm } from "./inputs.ts";
import { watch } from "./watch.ts";

export async function runVerify(this: CliContext, flags: VerifyFlags, vm: string): Promise<void> {
  refuseTwoStdins([flags.plan ?? "", flags.evidence ?? "", flags["guest-report"] ?? ""]);
  const planned = await plannedVm(vm, flags, this.world);
  const source = await evidenceSource(planned, flags, this.world);
  const { world, columns: width, paint } = this;
  if (flags.output === "evidence") {
    world.stdout.write(jsonText(await source.read()));
    return;
  }
  const options = await optionsOf(flags, source, this);
  const judge = async (): Promise<Verdict> => {
    const evidence = await source.read();
    return verify(planned.plan, evidence, { ...options, scope: flags.scope ?? scopeOf(evidence) });
  };
  const verdict = flags.watch ? await watch(judge, flags, this) : await judge();
  if (!flags.watch) {
    const text =
      flags.output === "json" ? jsonText(verdict) : verdictText(verdict, { width, paint });
    world.stdout.write(text);
  }
  if (!verdict.holds) this.finish(exitStatus.no);
}

/** Whoever gives a guest's report wants to know of the guest. */
const scopeOf = ({ guest }: Evidence): "host" | "guest" => (guest === null ? "host" : "guest");

async function optionsOf(
  { on }: VerifyFlags,
  { live }: EvidenceSource,
  { world }: CliContext,
): Promise<VerifyOptions> {
  return { paths: await memoryPathsOf(on ?? (live ? "live" : null), world) };
}
