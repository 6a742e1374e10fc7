import { shellWord } from "@evenkeel/core/text/shell.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { adoptVm } from "@evenkeel/host/vm/adopt.ts";
import { leaveVm } from "@evenkeel/host/vm/leave.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { readPlan } from "../../input/read-documents.ts";
import { readPolicies } from "../../input/read-policy.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { vmHost } from "../../input/vm-host.ts";
import { jsonText } from "../../text/json-text.ts";
import { verdictText } from "../../text/verdict-text.ts";
import type { AdoptFlags } from "./flags.ts";

export async function runAdopt(this: CliContext, flags: AdoptFlags, name: string): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  if ((flags.plan === undefined) !== flags.undo) {
    throw new EvenkeelError("usage", "adopting takes a plan, and --undo takes none", {
      expected: "either --plan PLAN or --undo",
      remedy: `evenkeel adopt ${shellWord(name)} --plan plan.json`,
    });
  }
  refuseTwoStdins([flags.plan ?? "", flags.policy ?? ""]);
  if (flags.plan === undefined) {
    const left = await leaveVm(name, await vmHost(flags.state, surroundings));
    const sentence = `${left.name} is no longer Evenkeel's, and runs on\n`;
    const told = flags.output === "json" ? jsonText({ vm: left.name, outcome: "left" }) : sentence;
    surroundings.stdout.write(told);
    return;
  }
  const { here: policy } = await readPolicies(flags.policy, surroundings);
  const { plan } = await readPlan(flags.plan, surroundings);
  const host = await vmHost(flags.state, surroundings);
  const { instance, verdict } = await adoptVm({ name, plan, policy }, host);
  if (!verdict.holds) this.finish(exitStatus.no);
  const text = `${name} is adopted as ${instance.name}\n\n${verdictText(verdict, { width, paint })}`;
  surroundings.stdout.write(flags.output === "json" ? jsonText({ ...instance, verdict }) : text);
}
