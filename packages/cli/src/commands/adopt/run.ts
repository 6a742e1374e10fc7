import { readDocument } from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { libvirtUri } from "@evenkeel/host/hypervisor/libvirt/virsh.ts";
import { recover } from "@evenkeel/host/instance/recover.ts";
import { refuseDamaged } from "@evenkeel/host/state/state-folder.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { readText, refuseTwoStdins } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import { jsonText } from "../../text/json-text.ts";
import { recoveredText } from "../../text/recovered-text.ts";
import { verdictText } from "../../text/verdict-text.ts";
import { readPolicy } from "../../input/read-hosts.ts";
import { verdictOn } from "../../../../host/src/vm/verify.ts";
import { openVmState } from "../../input/vm-state.ts";
import { adopt, leave } from "../../../../host/src/vm/adopt.ts";
import type { AdoptFlags } from "./flags.ts";

export async function runAdopt(this: CliContext, flags: AdoptFlags, name: string): Promise<void> {
  const { surroundings } = this;
  const { plan: planPath } = flags;
  if ((planPath === undefined) !== flags.undo) {
    throw new EvenkeelError("usage", "a VM is adopted by a plan, or left to others again", {
      expected: "either --plan PLAN or --undo",
    });
  }
  refuseTwoStdins([planPath ?? "", flags.policy ?? ""]);
  const policy = await readPolicy(flags.policy, surroundings);
  const plan = planPath === undefined ? null : await readPlan(planPath);
  const state = await openVmState(flags.state, surroundings);
  const outcome = await state.alone(async () => {
    surroundings.stderr.write(recoveredText(await recover(state)));
    const found = state.read();
    refuseDamaged(found);
    if (plan === null) return { left: await leave(name, found.instances, state) };
    const topology = await readTopology("live", surroundings);
    const uri = libvirtUri(surroundings.env);
    const wanted = { name, plan, policy, topology, uri };
    return { instance: await adopt(wanted, found.instances, state), topology };
  });
  if ("left" in outcome) {
    surroundings.stdout.write(`${outcome.left.name} is no longer Evenkeel's, and runs on\n`);
    return;
  }
  const { instance, topology } = outcome;
  const verdict = await verdictOn(instance, topology);
  if (!verdict.holds) this.finish(exitStatus.no);
  const text = `${name} is adopted as ${instance.name}\n\n${verdictText(verdict, {
    width: this.columns,
    paint: this.paint,
  })}`;
  surroundings.stdout.write(flags.output === "json" ? jsonText({ ...instance, verdict }) : text);

  async function readPlan(path: string): Promise<Plan> {
    const { text: written, where } = await readText(path, "a Plan document", surroundings);
    return readDocument(written, where, "Plan");
  }
}
