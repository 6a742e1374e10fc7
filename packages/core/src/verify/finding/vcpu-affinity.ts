import type { ThreadEvidence } from "../../evidence/evidence.ts";
import type { Cell, Vcpu } from "../../plan/plan.ts";
import { once } from "../../once.ts";
import type { Remedy } from "../../remedy/remedy.ts";
import { has } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  type CheckInput,
  together,
  unknownCost,
  essentialUnverified,
  whyNot,
} from "../verdict/check.ts";
import { affinityLine, affinityWords, cgroupLacks, cpusOf, keepsTo } from "./threads.ts";
import { pinRemedy } from "./pin-remedy.ts";
import type { FindingCost } from "../verdict/verdict.ts";

/**
 * The CPUs that each vCPU's thread may run on (`Cpus_allowed_list`), wherever it was seen: a thread
 * that may leave its core does so when the scheduler likes.
 *
 * A cpuset that leaves fewer is a finding of its own. The cost is that of reaching the cell's
 * memory from the node where the thread was last seen, if that is another node.
 */
export const vcpuAffinity: Check = (input) => {
  const { plan, evidence } = input;
  const all = plan.cells.flatMap((cell) => cell.vcpus.map((vcpu) => ({ cell, vcpu })));
  const threads = evidence.threads;
  if (threads === null)
    return essentialUnverified("where vCPUs may run", whyNot(evidence, "threads"));
  const byId = new Map(
    threads.flatMap((thread) =>
      thread.role?.kind === "vcpu" ? [[thread.role.id, thread] as const] : [],
    ),
  );
  const unseen = all.filter(({ vcpu }) => byId.get(vcpu.id)?.allowedCpus == null);
  const remedy = once(() => pinRemedy(input));
  const outcomes = all.flatMap(({ cell, vcpu }) => {
    const thread = byId.get(vcpu.id);
    return thread === undefined ? [] : [vcpuOutcome(thread, vcpu, cell, input, remedy)];
  });
  const held = all.filter(({ vcpu }) => {
    const thread = byId.get(vcpu.id);
    return thread !== undefined && keepsTo(thread, cpusOf(vcpu)) === true;
  }).length;
  return together([
    ...(unseen.length > 0
      ? [essentialUnverified(`where ${named(unseen)} may run`, "no thread is known to be theirs")]
      : []),
    ...outcomes,
    ...(held > 0
      ? [holds("vCPUs", `${held} of ${all.length} may run on their own CPUs only`)]
      : []),
  ]);
};

function named(vcpus: readonly { readonly vcpu: Vcpu }[]): string {
  const ids = formatList(setOf(vcpus.map(({ vcpu }) => vcpu.id).join(",")));
  return `vCPU${vcpus.length > 1 ? "s" : ""} ${ids}`;
}

function vcpuOutcome(
  thread: ThreadEvidence,
  vcpu: Vcpu,
  cell: Cell,
  input: CheckInput,
  remedy: () => Remedy,
): Outcome {
  const promised = cpusOf(vcpu);
  // A cpuset without its CPU has moved the thread, and is a finding of its own.
  if (keepsTo(thread, promised) !== false || cgroupLacks(input.evidence, thread, promised)) {
    return together([]);
  }
  return found({
    code: "vcpu-affinity",
    severity: "error",
    layer: "hypervisor",
    subject: `vCPU ${vcpu.id}`,
    promised: `CPU${promised.includes(",") || promised.includes("-") ? "s" : ""} ${promised}`,
    found: affinityWords(thread, promised),
    evidence: [affinityLine(thread)],
    cost: costOf(thread, promised, cell, input),
    remedy: remedy(),
  });
}

function costOf(
  { lastCpu }: ThreadEvidence,
  promised: string,
  { hostNode }: Cell,
  { evidence, paths }: CheckInput,
): FindingCost {
  if (paths === null || lastCpu === null || has(setOf(promised), lastCpu)) return unknownCost;
  const node = evidence.nodes?.find(({ cpus }) => has(setOf(cpus), lastCpu));
  if (node === undefined || node.id === hostNode) return unknownCost;
  const { relative, basis } = paths.relative(node.id, hostNode);
  return basis === "unknown" ? unknownCost : { slowdown: relative, basis };
}
