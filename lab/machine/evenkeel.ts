import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import type { Outcome } from "./channel.ts";
import type { Host } from "./host.ts";
import { vmDocument, type VmOptions } from "./vm.ts";
import { words } from "./words.ts";

/** The answer of `evenkeel run` for a running VM. */
export interface RunAnswer {
  readonly uuid: string;
  readonly phase: string;
  readonly plan: Plan;
  readonly verdict: Verdict;
}

/** Runs a VM, which may be refused. The guest boots nothing unless `more` says so. */
export async function tryRun(
  host: Host,
  vm: VmOptions,
  more: readonly string[] = [],
): Promise<Outcome> {
  const path = `/tmp/${vm.name}.json`;
  await host.write(path, vmDocument(vm));
  return tryRunFile(host, path, more);
}

/** The same of the VM in a file on the host. */
function tryRunFile(host: Host, path: string, more: readonly string[]): Promise<Outcome> {
  const emulated = words("--emulated", "--firmware", "bios", "--output", "json");
  return host.evenkeel("run", path, ...emulated, ...more);
}

/** Runs a VM that must not be refused, and saves its plan for `verify`. */
export async function runVm(
  host: Host,
  vm: VmOptions,
  more: readonly string[] = [],
): Promise<RunAnswer> {
  return answerOf(host, vm.name, await tryRun(host, vm, more));
}

/** The same of the VM in a file on the host. */
export async function runFile(
  host: Host,
  path: string,
  more: readonly string[] = [],
): Promise<RunAnswer> {
  return answerOf(host, path, await tryRunFile(host, path, more));
}

async function answerOf(host: Host, what: string, outcome: Outcome): Promise<RunAnswer> {
  const { status, stdout, stderr } = outcome;
  if (status !== 0) throw new Error(`${what} does not run: status ${status}\n${stdout}${stderr}`);
  const answer: RunAnswer = JSON.parse(stdout);
  await host.write(planPath(answer.plan), JSON.stringify(answer.plan));
  return answer;
}

/**
 * Flags for `runVm` under which every node keeps a core, so that on `twoByTwo` a VM of two vCPUs is
 * on two nodes.
 */
export async function keepingCores(host: Host): Promise<readonly string[]> {
  const path = "/tmp/keeping-cores.json";
  const policy = { apiVersion: "evenkeel/v1", kind: "HostPolicy", reserved: { coresPerNode: 1 } };
  await host.write(path, JSON.stringify(policy));
  return words("--policy", path);
}

export const planPath = ({ vm }: Pick<Plan, "vm">): string => `/tmp/${vm}.plan.json`;

/** The verdict of `evenkeel verify` on a VM whose plan is at its `planPath`. */
export async function verdictOf(
  host: Host,
  plan: Plan,
  more: readonly string[] = [],
): Promise<Verdict> {
  const json = words("--output", "json");
  const outcome = await host.evenkeel(
    "verify",
    plan.vm,
    "--plan",
    planPath(plan),
    ...json,
    ...more,
  );
  const { status, stdout, stderr } = outcome;
  if (status !== 0 && status !== 3) throw new Error(`no verdict: status ${status}\n${stderr}`);
  const verdict: Verdict = JSON.parse(stdout);
  if (verdict.holds !== (status === 0)) throw new Error(`status ${status} of ${stdout}`);
  return verdict;
}

/** Ends a VM at once, because its guest has nothing to shut down. */
export async function stopVm(
  host: Host,
  name: string,
  more: readonly string[] = [],
): Promise<void> {
  const outcome = await host.evenkeel("stop", name, ...words("--timeout", "0", "--force"), ...more);
  if (outcome.status !== 0) throw new Error(`${name} is not stopped: ${outcome.stderr}`);
}
