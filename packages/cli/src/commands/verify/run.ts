import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { judge } from "@evenkeel/host/vm/verify.ts";
import { watchVerdicts } from "@evenkeel/host/vm/watch.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { changeText, verdictText } from "../../text/verdict-text.ts";
import type { VerifyFlags } from "./flags.ts";
import { asksAboutNow, evidenceSource, memoryPathsOf, plannedVm } from "./inputs.ts";

export async function runVerify(this: CliContext, flags: VerifyFlags, vm: string): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  refuseTwoStdins([flags.plan ?? "", flags.evidence ?? "", flags["guest-report"] ?? ""]);
  const planned = await plannedVm(vm, flags, surroundings);
  if (asksAboutNow(flags) && (await planned.isOff())) {
    surroundings.stdout.write(`${vm} is off, so there is nothing to check. Its plan is kept.\n`);
    return this.finish(exitStatus.no);
  }
  const source = await evidenceSource(planned, flags, surroundings);
  const paths = await memoryPathsOf(
    flags.on ?? (source.live ? "live" : null),
    flags.state,
    surroundings,
  );
  const look = async (): Promise<Verdict> =>
    judge(planned.plan, await source.read(), { paths, scope: flags.scope });
  const verdict = flags.watch ? await watch(look, flags, this) : await look();
  if (!flags.watch) {
    const text =
      flags.output === "json" ? jsonText(verdict) : verdictText(verdict, { width, paint });
    surroundings.stdout.write(text);
  }
  if (!verdict.holds) this.finish(exitStatus.no);
}

/** A line for each change, until the command is interrupted. */
function watch(
  look: () => Promise<Verdict>,
  { interval, output }: VerifyFlags,
  { surroundings, columns: width, paint }: CliContext,
): Promise<Verdict> {
  const { stdout, clock, interrupted } = surroundings;
  return watchVerdicts(
    look,
    {
      intervalMs: interval * 1000,
      signal: interrupted(),
      changed: (change) =>
        stdout.write(
          output === "json" ? `${JSON.stringify(change)}\n` : changeText(change, { width, paint }),
        ),
    },
    clock,
  );
}
