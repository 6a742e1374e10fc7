import type { Request } from "../request/request.ts";
import { at } from "../unit/list.ts";
import { isHugepage, type Plan, workloadOfPlan } from "./plan.ts";
import { sumOf } from "../unit/sum.ts";

/**
 * The request that would give a VM its plan's signature again: the plan's amounts, while the
 * signature says the rest (models, links, how they lie). A workload that an older plan does not
 * tell decides nothing within one signature: its placements cost the same.
 */
export function requestOfPlan(plan: Plan): Request {
  const count = (kind: "accelerator" | "nic"): number =>
    plan.devices.filter((device) => device.kind === kind).length;
  const { pageBytes } = at(plan.cells, 0);
  return {
    name: plan.vm,
    tenant: plan.tenant,
    flavor: plan.flavor,
    signature: plan.signature,
    accelerators: { count: count("accelerator"), model: null, link: "any" },
    nics: { count: count("nic"), rdma: false },
    vcpus: sumOf(plan.cells, (cell) => cell.vcpus.length),
    memoryBytes: sumOf(plan.cells, (cell) => cell.memoryBytes),
    hugepageBytes: isHugepage(pageBytes) ? pageBytes : null,
    locality: plan.locality,
    isolation: plan.isolation,
    workload: workloadOfPlan(plan) ?? "inference",
  };
}
