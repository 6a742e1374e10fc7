import { bottleneckText } from "../cost/contention/bottleneck-text.ts";
import type { VmForecast } from "../forecast/forecast-document.ts";
import { leastSlowing, type SlowdownLimit } from "../forecast/slowdown-limit.ts";
import { guestName } from "../guest/name.ts";
import { reason } from "../placement/refuse/reason.ts";
import { nodeList } from "../placement/refuse/ways.ts";
import type { HostState } from "../plan/host-state.ts";
import type { RefusalReason, RefusalRemedy } from "../plan/refusal.ts";
import { advice } from "../remedy/remedy.ts";
import type { Request } from "../request/request.ts";

/** That a request fits on a host but for its limit on slowdowns, on the place that slows least. */
export interface Slowed {
  readonly nodes: string;
  readonly reason: RefusalReason;
  readonly remedy: RefusalRemedy;
}

/** Null where the host sets no limit, or the request does not fit there anyway. */
export function slowedBy(
  host: HostState,
  request: Request,
  limit: SlowdownLimit | null,
): Slowed | null {
  const { maxSlowdown } = host.policy;
  if (limit === null || maxSlowdown === null) return null;
  const least = leastSlowing(host, request, limit);
  if (least === null) return null;
  const { layout, slowdown } = least;
  const enough = Math.ceil(slowdown * 100) / 100;
  return {
    nodes: nodeList(layout.cells.map(({ node }) => node)),
    reason: reason({
      code: "slowdown-exceeded",
      needs: maxSlowdown,
      has: slowdown,
      message: slowedText(limit.slowest(layout), maxSlowdown),
    }),
    remedy: {
      change: "policy.maxSlowdown",
      from: maxSlowdown,
      to: enough,
      ...advice(null, `It fits with maxSlowdown: ${enough} in the host's policy.`),
    },
  };
}

function slowedText(
  { vm, tenant, running, slowdownBefore, slowdownAfter, bottleneck }: VmForecast,
  limit: number,
): string {
  const who = `${guestName(vm, tenant)}${running ? ", which runs there," : ""}`;
  const before = slowdownBefore === null ? "" : ` in place of ${slowdownBefore}`;
  const why = bottleneck === null ? "" : `: ${bottleneckText(bottleneck)}`;
  return (
    `${who} would take ${slowdownAfter} times as long as at its best${before}, and at most ${limit} ` +
    `is allowed${why}.`
  );
}
