import type { MemoryPolicy } from "../../evidence/evidence.ts";
import { memoryBinding } from "../../guest/memory.ts";
import { restartFromPlan } from "../../remedy/remedy.ts";
import type { Locality } from "../../request/virtual-machine.ts";
import { cellMemory, whyUnseen } from "./cell-memory.ts";
import {
  type Check,
  found,
  holds,
  together,
  unknownCost,
  essentialUnverified,
  whyNot,
} from "../verdict/check.ts";

/**
 * The policy that the kernel applies to each cell's memory. It decides where later pages go, so a
 * dropped policy is a breach even while every page lies right.
 * https://docs.kernel.org/admin-guide/mm/numa_memory_policy.html
 */
export const memoryPolicy: Check = ({ plan, evidence }) => {
  const cells = cellMemory(plan, evidence);
  return together(
    plan.cells.map((cell, i) => {
      const subject = `cell ${cell.id}`;
      const what = `memory policy of ${subject}`;
      const of = cells?.[i];
      if (of === undefined) return essentialUnverified(what, whyNot(evidence, "memory"));
      const binding = memoryBinding(cell);
      const promised = `${modes[binding.memoryPolicy]}:${binding.memoryNodes}`;
      const unseen = whyUnseen(of);
      if (unseen !== null) return essentialUnverified(what, unseen);
      if (of.mappings.some(({ policy }) => policy === null)) {
        return essentialUnverified(what, "numa_maps has a policy that is not known");
      }
      const other = of.mappings.filter(({ policy }) => shown(policy) !== promised);
      if (other.length === 0) return holds(what, promised);
      const dropped = other.every(({ policy }) => policy?.mode === "default");
      return found({
        code: "memory-policy",
        severity: "error",
        layer: "hypervisor",
        subject,
        promised,
        found: `${[...new Set(other.map(({ policy }) => shown(policy)))].join(", ")}${dropped ? ", so pages go where they are first touched" : ""}`,
        evidence: other.slice(0, 8).map(({ where, line }) => `${where}: ${line}`),
        cost: unknownCost,
        // Only the process itself can set the policy of its memory.
        remedy: restartFromPlan,
      });
    }),
  );
};

/** The words of numa_maps for what libvirt and QEMU call strict, preferred and interleave. */
const modes: Readonly<Record<Locality, string>> = {
  strict: "bind",
  preferred: "prefer",
  interleave: "interleave",
};

const shown = (policy: MemoryPolicy | null): string =>
  policy === null || policy.nodes === "" ? (policy?.mode ?? "") : `${policy.mode}:${policy.nodes}`;
