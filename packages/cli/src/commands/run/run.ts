import { type StartOutcome, startVm } from "@evenkeel/host/vm/start.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus, refusalStatus } from "../../command/exit-status.ts";
import { vmHost } from "../../input/vm-host.ts";
import { jsonText } from "../../text/json-text.ts";
import { type View, planText } from "../../text/plan-text.ts";
import { preflightText } from "../../text/preflight-text.ts";
import { refusalText } from "../../text/refusal-text.ts";
import { verdictText } from "../../text/verdict-text.ts";
import type { RunFlags } from "./flags.ts";
import { readVmToStart } from "./inputs.ts";

export async function runRun(this: CliContext, flags: RunFlags, path: string): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const vm = await readVmToStart(flags, path, surroundings);
  const host = await vmHost(flags.state, surroundings);
  const { interrupted } = surroundings;
  const outcome = await startVm(vm, { dryRun: flags["dry-run"], interrupted }, host);
  if (outcome.kind === "undone") throw outcome.failure;
  if (outcome.kind === "refused") this.finish(refusalStatus(outcome.refusal));
  else if (!isFine(outcome)) this.finish(exitStatus.no);
  const view = { width, paint };
  const text = flags.output === "json" ? jsonText(documentOf(outcome)) : outcomeText(outcome, view);
  surroundings.stdout.write(text);
}

type Answer = Exclude<StartOutcome, { readonly kind: "undone" }>;

function isFine(outcome: Answer): boolean {
  return outcome.kind === "ready" || (outcome.kind === "started" && outcome.verdict.holds);
}

function documentOf(outcome: Answer): unknown {
  switch (outcome.kind) {
    case "refused":
      return outcome.refusal;
    case "blocked":
    case "ready":
      return outcome.report;
    case "started":
      return { ...outcome.instance, verdict: outcome.verdict };
  }
}

function outcomeText(outcome: Answer, view: View): string {
  switch (outcome.kind) {
    case "refused":
      return refusalText(outcome.refusal, view);
    case "blocked":
    case "ready":
      return `${planText(outcome.plan, view)}\n${preflightText(outcome.report, view)}`;
    case "started":
      return `${planText(outcome.plan, view)}\n${verdictText(outcome.verdict, view)}`;
  }
}
