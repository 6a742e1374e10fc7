import type { Request } from "../../request/request.ts";
import { amountOf } from "../../text/amount.ts";
import { shorten } from "../../text/shorten.ts";
import type { HostState } from "../../plan/host-state.ts";
import type { HostRefusal, RefusalReason } from "../../plan/refusal.ts";
import { reason } from "./reason.ts";
import { inAnySignature, remedies, signatureRemedies } from "./remedies.ts";
import { hasConnectedSet } from "../search/accelerators/any-set.ts";
import { effort } from "../search/rank/effort.ts";
import { type SearchResult, search, searchSpace } from "../search/search.ts";
import { layoutSignature } from "../layout/layout-signature.ts";
import { shortages } from "./shortages.ts";
import { isWanted } from "../space/devices.ts";
import { type Space, spaceOn } from "../space/space.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * Why one host cannot hold a request that the search has refused there: every cause with its
 * numbers, then the smallest changes that would help. Each cause is checked by itself, since
 * several may hold at once, and an operator who mends only the first would be refused again.
 */
export function refuse(host: HostState, request: Request): HostRefusal {
  const space = spaceOn(host, request);
  const otherSignature = request.signature === null ? null : search(host, inAnySignature(request));
  if (otherSignature !== null) return ofOtherSignature(host, request, otherSignature);
  const reasons = [
    ...(space.topology.cores.length === 0
      ? [
          reason({
            code: "cores-unknown",
            message: "The topology has no cores, so none can be sold.",
          }),
        ]
      : []),
    ...isolationReasons(space, host),
    ...acceleratorReasons(space),
    ...shortages(space),
  ];
  return {
    host: host.topology.name,
    reasons: reasons.length > 0 ? reasons : [noChoice(space)],
    remedies: remedies(host, request, reasons),
  };
}

/** No single resource is short: the search tried every choice, or as many as it may. */
function noChoice(space: Space): RefusalReason {
  const steps = effort();
  searchSpace(space, { any: true, effort: steps });
  return steps.sufficed()
    ? reason({
        code: "accelerators-split",
        message: "Each resource alone suffices, but no choice of nodes has all of them together.",
      })
    : reason({
        code: "search-ended",
        message:
          "Each resource alone suffices. The search ended at its limit before it found a choice of nodes that has all of them together; there may be one.",
      });
}

/**
 * The refusal of a flavor's VM for which there is room, but in no place of the signature that the
 * flavor is sold in.
 */
function ofOtherSignature(
  host: HostState,
  request: Request,
  { space, best }: SearchResult,
): HostRefusal {
  const { signature, signatureText } = layoutSignature(space, best);
  const flavor = request.flavor === null ? "the flavor" : `flavor ${request.flavor}`;
  const message = `No free placement has signature ${request.signature}, which ${flavor} is sold in; the best free one has ${signature}: ${signatureText}.`;
  return {
    host: host.topology.name,
    reasons: [reason({ code: "signature-unavailable", message: shorten(message, 1024) })],
    remedies: signatureRemedies(host, request, signature),
  };
}

function isolationReasons(space: Space, host: HostState): RefusalReason[] {
  const { request, units } = space;
  const open = sumOf(space.nodes, (node) => Math.max(0, node.units));
  const { all, groups } = space.inventory.cores;
  const closed = all.filter((core) => space.closed.coreGroup(core.group));
  const isUnproven = (group: number): boolean =>
    request.isolation === "l3" && groups[group]?.unknownCache === true;
  const known = closed.filter((core) => !isUnproven(core.group));
  const unproven = closed.length - known.length;
  const strangers = (host.held ?? []).filter(({ plan }) => plan === null);
  const vms = [
    ...host.taken.map((plan) => `${plan.vm} (${plan.isolation})`),
    ...strangers.map(({ name }) => `${name} (without a plan)`),
  ].join(", ");
  return [
    ...(known.length > 0
      ? [
          reason({
            code: "isolation-conflict",
            needs: units,
            has: open,
            message: `Isolation rules out ${amountOf(known.length, "core")}: ${request.name} asks for "${request.isolation}", and the host has ${vms}.`,
          }),
        ]
      : []),
    ...(unproven > 0
      ? [
          reason({
            code: "isolation-conflict",
            needs: units,
            has: open,
            message: `The last-level cache of ${amountOf(unproven, "core")} is unknown, so no VM can have one alone.`,
          }),
        ]
      : []),
  ];
}

function acceleratorReasons(space: Space): RefusalReason[] {
  const { count, model, link } = space.request.accelerators;
  if (count === 0) return [];
  const all = space.inventory.devices.accelerators.filter((device) => isWanted(device, model));
  const free = space.accelerators.length;
  const of = model === null ? "" : ` of model "${model}"`;
  const what = `${amountOf(count, "GPU")}${of}`;
  if (free < count) {
    const has = all.length === 0 ? "none" : `${all.length}, of them ${free} free`;
    const message = `${what} asked for; the host has ${has}.`;
    return [reason({ code: "accelerators-short", needs: count, has: free, message })];
  }
  const placeable = space.accelerators.filter(({ node }) => node !== null).length;
  if (space.request.locality === "strict" && placeable < count) {
    const message = `${what} asked for on known nodes; the node of ${free - placeable} of the ${free} free ones is unknown.`;
    return [reason({ code: "accelerator-node-unknown", needs: count, has: placeable, message })];
  }
  const largest = largestSet(space);
  if (largest === count) return [];
  if (space.topology.partitions.length > 0) {
    const smaller = largest === 0 ? "and none has fewer" : `the largest smaller one has ${largest}`;
    const message = `No free fabric partition has ${amountOf(count, "GPU")}, ${smaller}.`;
    return [reason({ code: "partition-unavailable", needs: count, has: largest, message })];
  }
  const message =
    link === "nvlink"
      ? `${what} that are all linked directly are asked for; at most ${largest} of the ${free} free ones are linked so.`
      : `${what} below one PCIe switch are asked for; the most free ones below one switch are ${largest}.`;
  return [reason({ code: "accelerators-unlinked", needs: count, has: largest, message })];
}

/** The most accelerators, up to those asked for, that are connected as asked. */
function largestSet(space: Space): number {
  for (let { count } = space.request.accelerators; count > 0; count--) {
    const request = { ...space.request, accelerators: { ...space.request.accelerators, count } };
    if (hasConnectedSet({ ...space, request })) return count;
  }
  return 0;
}
