import type { ThreadEvidence } from "../../evidence/evidence.ts";
import type { Cell, Vcpu } from "../../plan/plan.ts";
import { has } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  type Sides,
  together,
  unknownCost,
  untold,
  whyNot,
} from "../verdict/check.ts";
import {
  affinityLine,
  affinityWords,
  cgroupLacks,
  cpusOf,
  domainName,
  keepsTo,
} from "./threads.ts";
import type { FindingCost } from "../verdict/verdict.ts";

/**
 * The CPUs that each vCPU's thread may run on (`Cpus_allowed_list`), not only where it was seen: one
 * that may leave its core does so when the scheduler likes.
 *
 * Where a cpuset is seen to leave fewer, that is a finding of its own. The cost is that
 * of the cell's memory from the node where the thread was last seen, if that is another node.
 */
export const vcpuAffinity: Check = (sides) => {
  const { plan, evidence } = sides;
  const all = plan.cells.flatMap((cell) => cell.vcpus.map((vcpu) => ({ cell, vcpu })));
  const threads = evidence.threads;
  if (threads === null) return untold("where vCPUs may run", whyNot(evidence, "threads"));
  const byId = new Map(
    threads.flatMap((thread) =>
      thread.role?.kind === "vcpu" ? [[thread.role.id, thread] as const] : [],
    ),
  );
  const unseen = all.filter(({ vcpu }) => byId.get(vcpu.id)?.allowedCpus == null);
  const outcomes = all.flatMap(({ cell, vcpu }) => {
    const thread = byId.get(vcpu.id);
    return thread === undefined ? [] : [vcpuOutcome(thread, vcpu, cell, sides)];
  });
  const held = all.filter(({ vcpu }) => {
    const thread = byId.get(vcpu.id);
    return thread !== undefined && keepsTo(thread, cpusOf(vcpu)) === true;
  }).length;
  return together([
    ...(unseen.length > 0
      ? [untold(`where ${named(unseen)} may run`, "no thread was told to be theirs")]
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

function vcpuOutcome(thread: ThreadEvidence, vcpu: Vcpu, cell: Cell, sides: Sides): Outcome {
  const promised = cpusOf(vcpu);
  // A cpuset without its CPU has moved the thread: what is to be said of that is said there.
  if (keepsTo(thread, promised) !== false || cgroupLacks(sides.evidence, thread, promised)) {
    return together([]);
  }
  const domain = domainName(sides.evidence);
  return found({
    code: "vcpu-affinity",
    severity: "error",
    layer: "hypervisor",
    subject: `vCPU ${vcpu.id}`,
    promised: `CPU${promised.includes(",") || promised.includes("-") ? "s" : ""} ${promised}`,
    found: affinityWords(thread, promised),
    evidence: [affinityLine(thread)],
    cost: costOf(thread, promised, cell, sides),
    remedy:
      domain === null
        ? `taskset -pc ${promised} ${thread.tid}`
        : `virsh vcpupin ${domain} ${vcpu.id} ${promised} --live`,
  });
}

function costOf(
  { lastCpu }: ThreadEvidence,
  promised: string,
  { hostNode }: Cell,
  { evidence, paths }: Sides,
): FindingCost {
  if (paths === null || lastCpu === null || has(setOf(promised), lastCpu)) return unknownCost;
  const node = evidence.nodes?.find(({ cpus }) => has(setOf(cpus), lastCpu));
  if (node === undefined || node.id === hostNode) return unknownCost;
  const { relative, basis } = paths.relative(node.id, hostNode);
  return basis === "unknown" ? unknownCost : { slowdown: relative, basis };
}
