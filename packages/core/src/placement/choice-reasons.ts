import type { FleetDecision, RankedHost } from "../fleet/fleet.ts";
import { amountOf } from "../text/amount.ts";
import type { SlotChange } from "./capacity/loss.ts";

/** What a placement costs the future, flavor by flavor, in sentences for the operator. */
export function slotReasons(decision: FleetDecision): readonly string[] {
  const { slots, runnerUpSlots, found, exact } = decision;
  const unsure = exact ? [] : [uncounted];
  if (slots.length === 0) return unsure;
  const fewer = slots.filter(({ before, after }) => after < before);
  if (fewer.length === 0) return ["No flavor loses a slot.", ...unsure];
  const isLast = (slot: SlotChange): boolean => slot.after === 0 && slot.exact;
  const last = fewer.filter(isLast).map(lastSlots);
  const others = fewer.filter((slot) => !isLast(slot)).map(changeText);
  const left =
    others.length > 0 ? [`Fewer slots are left on this host: ${others.join(", ")}.`] : [];
  const isEqual = found.runnerUp !== null && runnerUpSlots.length > 0;
  const dearer = runnerUpSlots.filter(({ after }, i) => after < (slots[i]?.after ?? 0));
  const spared =
    isEqual && dearer.length > 0
      ? [`After the runner-up there would be: ${dearer.map(changeText).join(", ")}.`]
      : [];
  return [...last, ...left, ...spared, ...unsure];
}

const uncounted =
  "Not all choices could be counted: N+ slots are N at least, and another place may leave more.";

const nameOf = ({ demand: { request } }: SlotChange): string => request.flavor ?? request.name;

function changeText(slot: SlotChange): string {
  const more = slot.exact ? "" : "+";
  return `flavor ${nameOf(slot)}: ${slot.before}${more} → ${slot.after}${more}`;
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
function nextText(name: string, next: RankedHost, { found, loss }: FleetDecision): string {
  const [best, other] = [found.best.objective, next.objective];
  const what = `The next, ${name},`;
  if (other.cells > best.cells) return `${what} would take ${other.cells} cells.`;
  if (other.cost - best.cost > 1e-9) return `${what} has dearer paths.`;
  if (other.extra > best.extra) return `${what} would give devices along that were not asked for.`;
  if (other.uneven > best.uneven) return `${what} would make cells of different size.`;
  if (other.spread > best.spread) return `${what} would use nodes farther apart.`;
  if (next.loss - loss > 1e-9) return `${what} would lose more of what the fleet can sell.`;
  return `${what} has less room.`;
}
