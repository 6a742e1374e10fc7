import {
  type Activity,
  type Contention,
  contentionOf,
  sharesAny,
  slowdownBy,
} from "../cost/contention/contention.ts";
import { type CostBasis, weakerBasis } from "../cost/path-cost.ts";
import type { CostParts } from "../cost/plan-cost.ts";
import { guestName } from "../guest/name.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Plan } from "../plan/plan.ts";
import { invariant } from "../invariant.ts";
import { at } from "../unit/list.ts";
import type { Forecast, ForecastUnknown, VmForecast } from "./forecast-document.ts";
import { type LoadedVm, type Neighbours, neighboursOf } from "./neighbours.ts";

/**
 * Predicts what a VM does to those that run on its host, and they to it.
 *
 * A slowdown is the one of its plan, which is that of its place on the idle host under objective
 * (2), or that over all memory local where the best place itself has some remote (no plan with
 * remote memory is as fast as the best), times what neighbours add to the parts of its cost
 * (`cost/contention/contention.ts`). So without neighbours and remote memory the two figures are
 * one; and since neighbours never make a part shorter, admitting a VM makes nobody faster.
 *
 * What cannot be known is left out and told: a VM without a plan, whose load then is not counted,
 * makes every figure a lower bound, of the basis `unknown`.
 *
 * @throws never: the plan must be one of this host, or it is the caller's bug.
 */
export function forecastOf(host: HostState, plan: Plan): Forecast {
  const neighbours = neighboursOf(host);
  const newcomer = neighbours.loaded(plan);
  invariant(newcomer !== null, "a new plan tells its workload, and its host has what it names");
  return forecastWith(neighbours, newcomer);
}

/** The forecast of one more VM among neighbours that are known. */
export function forecastWith(neighbours: Neighbours, newcomer: LoadedVm): Forecast {
  const { host, machine, running } = neighbours;
  const all = [newcomer, ...running];
  const among = (own: LoadedVm, others: readonly LoadedVm[], activity: Activity): Contention =>
    contentionOf(
      machine,
      own.flows,
      others.filter((other) => other !== own).map(({ flows }) => flows),
      activity,
    );
  const isComplete = neighbours.unknown.length === 0;
  const vms = all.map((own): VmForecast => {
    const isRunning = own !== newcomer;
    const after = among(own, all, "mean");
    const before = isRunning ? beforehand(neighbours, own, newcomer, after) : null;
    const { vm, tenant, workload } = own;
    return {
      vm,
      tenant,
      running: isRunning,
      workload,
      remoteShare: rounded(own.remoteShare),
      slowdownBefore: before === null ? null : slowdownOf(own, before),
      slowdownAfter: slowdownOf(own, after),
      slowdownBusy: slowdownOf(own, among(own, all, "full")),
      parts: roundedParts(after.parts),
      bottleneck: after.bottleneck,
      latencyBeforeNs: before === null ? null : nanoseconds(before),
      latencyAfterNs: nanoseconds(after),
      basis: isComplete ? basisOf(own, after) : "unknown",
    };
  });
  return {
    apiVersion: "evenkeel/v1",
    kind: "Forecast",
    vm: newcomer.vm,
    tenant: newcomer.tenant,
    host,
    vms,
    unknown: [
      ...neighbours.unknown,
      ...all.filter(({ isPriced }) => !isPriced).map(unpriced),
      ...unknownCapacities(neighbours, all),
    ],
  };
}

/** The slowdowns that a limit is held against, without what a report needs besides. */
export function slowdownsWith(
  neighbours: Neighbours,
  newcomer: LoadedVm,
): readonly Pick<VmForecast, "vm" | "slowdownBefore" | "slowdownAfter">[] {
  const { machine, running } = neighbours;
  const all = [newcomer, ...running];
  return all.map((own) => {
    const others = all.filter((other) => other !== own).map(({ flows }) => flows);
    const after = contentionOf(machine, own.flows, others);
    const before = own === newcomer ? null : beforehand(neighbours, own, newcomer, after);
    return {
      vm: own.vm,
      slowdownBefore: before === null ? null : slowdownOf(own, before),
      slowdownAfter: slowdownOf(own, after),
    };
  });
}

/**
 * What neighbours cost a running VM without the new one: who shares nothing with it has it still.
 */
function beforehand(
  { machine, running }: Neighbours,
  own: LoadedVm,
  newcomer: LoadedVm,
  after: Contention,
): Contention {
  if (!sharesAny(own.flows.flows, newcomer.flows.flows)) return after;
  const others = running.filter((other) => other !== own).map(({ flows }) => flows);
  return contentionOf(machine, own.flows, others);
}

/** A VM's slowdown among neighbours, to four decimals as in its plan. */
export function slowdownOf({ model, raw, idleSlowdown }: LoadedVm, contention: Contention): number {
  return rounded(idleSlowdown * slowdownBy(model.weights, raw, contention));
}

/** What a VM's slowdown among neighbours is known by. */
export function basisOf({ raw, isPriced }: LoadedVm, { basis }: Contention): CostBasis {
  return isPriced ? weakerBasis(raw.basis, basis) : "unknown";
}

function unpriced({ vm, tenant }: LoadedVm): ForecastUnknown {
  const what = `what its remote memory costs ${guestName(vm, tenant)}`;
  return { what, why: "the cost model knows no price for that" };
}

/** The resources that VMs use and whose capacity nobody told, by where a figure was taken from. */
function unknownCapacities(
  { machine }: Neighbours,
  vms: readonly LoadedVm[],
): readonly ForecastUnknown[] {
  const used = new Set(vms.flatMap(({ flows }) => flows.flows.flatMap(({ path }) => path.hops)));
  const unknown = [...used]
    .toSorted((a, b) => a - b)
    .map((hop) => at(machine.resources, hop))
    .filter(({ basis }) => basis === "unknown");
  return [...Map.groupBy(unknown, ({ source }) => source)].map(([source, resources]) => ({
    what: `the bandwidth of ${namesText(resources.map(({ name }) => name))}`,
    why: source,
  }));
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  const more = names.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}

/** To tenths, which is more than anybody measures. */
function nanoseconds({ latencyNs }: Contention): number | null {
  return latencyNs === null ? null : Math.round(latencyNs * 10) / 10;
}

function roundedParts({ hostToDevice, memory, peer, network }: CostParts): CostParts {
  return {
    hostToDevice: rounded(hostToDevice),
    memory: rounded(memory),
    peer: rounded(peer),
    network: rounded(network),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
