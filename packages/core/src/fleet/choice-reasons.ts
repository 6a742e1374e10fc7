import { compareCosts } from "../cost/compare-costs.ts";
import type { FleetDecision, RankedHost } from "./fleet.ts";
import { amountOf } from "../text/amount.ts";
import { at } from "../unit/list.ts";
import type { SlotChange } from "../placement/capacity/loss.ts";

/**
 * What a placement costs the future, flavor by flavor, in sentences for the operator.
 *
 * @param isGiven whether the flavors are the operator's; of implied ones nobody has asked.
 */
export function slotReasons(decision: FleetDecision, isGiven: boolean): readonly string[] {
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

/** What the runner-up would leave less of than the best does; null where that is nothing. */
export function runnerUpSlots({ slots, runnerUpSlots: others }: FleetDecision): string | null {
  const fewer = others.flatMap((slot, i) => {
    const best = at(slots, i);
    if (slot.after >= best.after) return [];
    return [`${nameOf(slot)}: ${slot.after}${more(slot)} instead of ${best.after}${more(best)}`];
  });
  return fewer.length === 0 ? null : `would leave fewer slots: ${fewer.join(", ")}`;
}

const uncounted =
  "Not all choices could be counted: N+ slots are N at least, and another place may leave more.";

const uncountedImplied =
  "Not all choices could be counted: another place may leave room for more accelerators.";

const nameOf = ({ demand: { request } }: SlotChange): string =>
  request.flavor === null ? request.name : `flavor ${request.flavor}`;

const more = ({ exact }: SlotChange): string => (exact ? "" : "+");

function changeText(slot: SlotChange): string {
  return `${nameOf(slot)}: ${slot.before}${more(slot)} → ${slot.after}${more(slot)}`;
}

function lastSlots(slot: SlotChange): string {
  const { count } = slot.demand.request.accelerators;
  const what = count > 0 ? `${count}-accelerator slot` : "slot";
  const which = slot.before === 1 ? `last ${what}` : `last ${amountOf(slot.before, what)}`;
  return `Takes the ${which} of this host (${changeText(slot)}).`;
}

/** Why this host and no other, where there are others. */
export function hostReasons(
  decision: FleetDecision,
  nameOfHost: (host: string) => string,
  hosts: number,
  spread: boolean,
): readonly string[] {
  if (hosts < 2) return [];
  const { states, equals, nextHost } = decision;
  const tried = `${amountOf(hosts, "host")} in ${amountOf(states, "state")} were asked`;
  const how = spread ? "this one has the most room" : "this one is the best";
  const chosen = equals === 1 ? how : `${how}, and the first of ${equals} that are as good`;
  const rest =
    nextHost === null
      ? equals === 1
        ? ["No other could be taken."]
        : []
      : [nextText(nameOfHost(nextHost.host), nextHost, decision)];
  return [[`${tried}: ${chosen}.`, ...rest].join(" ")];
}

/** The first thing in which the next host is worse. */
function nextText(name: string, next: RankedHost, { found, loss, beside }: FleetDecision): string {
  const [best, other] = [found.best.objective, next.objective];
  const what = `The next, ${name},`;
  if (other.cells > best.cells) return `${what} would take ${other.cells} cells.`;
  if (compareCosts(other.cost, best.cost) > 0) return `${what} has dearer paths.`;
  if (other.extra > best.extra) return `${what} would give devices along that were not asked for.`;
  if (other.uneven > best.uneven) return `${what} would make cells of different size.`;
  if (other.spread > best.spread) return `${what} would use nodes farther apart.`;
  if (compareCosts(next.loss, loss) > 0) {
    return `${what} would lose more of what the fleet can sell.`;
  }
  if (next.beside > beside) return `${what} has more free accelerators beside the VM.`;
  return `${what} has less room.`;
}
