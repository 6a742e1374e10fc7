import { fasterClasses } from "../placement/layout/layout.ts";
import { compareCosts } from "../cost/compare-costs.ts";
import type { HostChoice, RankedHost } from "./choose-host.ts";
import { amountOf } from "../text/amount.ts";
import { at } from "../unit/list.ts";
import type { SlotChange } from "../placement/capacity/loss.ts";

/**
 * The loss of a placement, flavor by flavor, in sentences for the operator.
 *
 * @param isGiven whether the operator gave the flavors; implied flavors are not mentioned.
 */
export function slotReasons(decision: HostChoice<unknown>, isGiven: boolean): readonly string[] {
  const { slots, exact } = decision;
  if (!isGiven) return exact ? [] : [uncountedImplied];
  const unsure = exact ? [] : [uncounted];
  if (slots.length === 0) return unsure;
  const fewer = slots.filter(({ before, after }) => after < before);
  if (fewer.length === 0) return ["No flavor loses a slot.", ...unsure];
  const isLast = (slot: SlotChange): boolean => slot.after === 0 && slot.exact;
  const last = fewer.filter(isLast).map(lastSlots);
  const others = fewer.filter((slot) => !isLast(slot)).map(changeText);
  const left =
    others.length > 0 ? [`Fewer slots are left on this host: ${others.join(", ")}.`] : [];
  return [...last, ...left, ...unsure];
}

/** The flavors that would have fewer slots with the runner-up; null where there are none. */
export function runnerUpSlots({
  slots,
  runnerUpSlots: others,
}: HostChoice<unknown>): string | null {
  const fewer = others.flatMap((slot, i) => {
    const best = at(slots, i);
    if (slot.after >= best.after) return [];
    return [`${nameOf(slot)}: ${slot.after}${more(slot)} instead of ${best.after}${more(best)}`];
  });
  return fewer.length === 0 ? null : `fewer slots left: ${fewer.join(", ")}`;
}

const uncounted =
  "Not every choice could be counted: N+ means at least N, and another place may leave more.";

const uncountedImplied =
  "Not every choice could be counted: another place may leave room for more GPUs.";

const nameOf = ({ demand: { request } }: SlotChange): string =>
  request.flavor === null ? request.name : `flavor ${request.flavor}`;

const more = ({ exact }: SlotChange): string => (exact ? "" : "+");

function changeText(slot: SlotChange): string {
  return `${nameOf(slot)}: ${slot.before}${more(slot)} → ${slot.after}${more(slot)}`;
}

function lastSlots(slot: SlotChange): string {
  const { count } = slot.demand.request.accelerators;
  const what = count > 0 ? `${count}-GPU slot` : "slot";
  const which = slot.before === 1 ? `last ${what}` : `last ${amountOf(slot.before, what)}`;
  return `Takes the ${which} of this host (${changeText(slot)}).`;
}

/** The hosts' names, and why a host cannot take the request. */
export interface OtherHosts {
  readonly names: readonly string[];
  readonly refusalOf: (host: number) => string;
}

/** The most hosts whose refusal is quoted. */
const refusalsMax = 3;

/** Why this host and no other, where there are others. */
export function hostReasons(
  choice: HostChoice<number>,
  { names, refusalOf }: OtherHosts,
  preferEmptyHosts: boolean,
): readonly string[] {
  if (names.length < 2) return [];
  const { host, equals, nextHost } = choice;
  const tried = `Tried ${amountOf(names.length, "host")}`;
  const name = at(names, host);
  if (nextHost === null && equals === 1) {
    const others = names.flatMap((_, i) => (i === host ? [] : [i]));
    const quoted = others.slice(0, refusalsMax).map((i) => `Host ${at(names, i)}: ${refusalOf(i)}`);
    const left = others.length - quoted.length;
    const rest = left > 0 ? [`${amountOf(left, "more host")} cannot take it either.`] : [];
    return [[`${tried}; only ${name} fits.`, ...quoted, ...rest].join(" ")];
  }
  const [best, equal] = preferEmptyHosts
    ? ["has the most room", "with the most room"]
    : ["is the best", "equally good ones"];
  const among = equals === 1 ? best : `is the first of ${equals} ${equal}`;
  const next = nextHost === null ? [] : [nextText(at(names, nextHost.host), nextHost, choice)];
  return [[`${tried}; ${name} ${among}.`, ...next].join(" ")];
}

/** The first part of the comparison in which the next host is worse. */
function nextText(
  name: string,
  next: RankedHost<number>,
  { found, loss, freeAcceleratorsOnNodes }: HostChoice<number>,
): string {
  const [best, other] = [found.best.objective, next.objective];
  if (other.cells > best.cells)
    return `Host ${name} would take ${other.cells} NUMA nodes instead of ${best.cells}.`;
  if (compareCosts(other.cost, best.cost) > 0) return `Host ${name} would be slower (model).`;
  if (other.unrequestedDevices > best.unrequestedDevices) {
    return `Host ${name} would give devices that the VM did not ask for.`;
  }
  if (other.unevenCells > best.unevenCells)
    return `Host ${name} would make cells of different size.`;
  if (other.nodeDistanceSum > best.nodeDistanceSum)
    return `Host ${name} would use nodes farther apart.`;
  if (other.mixedClasses > best.mixedClasses)
    return `Host ${name} would mix cores of several classes.`;
  if (compareCosts(next.loss, loss) > 0) {
    return `Host ${name} would lose more of what the fleet can sell.`;
  }
  if (next.freeAcceleratorsOnNodes > freeAcceleratorsOnNodes)
    return `Host ${name} would take cores beside more free GPUs.`;
  if (next.fasterClasses > fasterClasses(found.best))
    return `Host ${name} would take cores of a slower class.`;
  return `Host ${name} has less room.`;
}
