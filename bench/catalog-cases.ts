import { inventoryOf } from "@evenkeel/core/placement/inventory/inventory.ts";
import { occupancyOf } from "@evenkeel/core/placement/occupancy/occupancy-of-host.ts";
import { searchSpace } from "@evenkeel/core/placement/search/search.ts";
import { spaceFor } from "@evenkeel/core/placement/space/space.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { casesOf } from "../test/exactness/cases.ts";
import type { Figure } from "./report.ts";

const seed = 7;
const cases = 3000;
const calls = 7;

/**
 * The time of a search on random machines of the catalog, unchanged or altered, with random VMs and
 * requests: the cases that `npm run exactness` compares with an integer program. Each is timed by
 * the best of some calls, as other work on the machine can only add. The goals: 99 of 100 decisions
 * take less than a millisecond, and all are certain.
 */
export function catalogCases(): readonly Figure[] {
  const caseAt = casesOf(seed);
  let uncertain = 0;
  const times = Array.from({ length: cases }, (_, number) => {
    const { host, request } = caseAt(number);
    const inventory = inventoryOf(host.topology, host.policy);
    const occupancy = occupancyOf(inventory, host);
    let best = Infinity;
    for (let call = 0; call < calls; call++) {
      const started = process.hrtime.bigint();
      const found = searchSpace(spaceFor(inventory, occupancy, request), { explained: true });
      best = Math.min(best, Number(process.hrtime.bigint() - started) / 1e3);
      if (call === 0 && found !== null && !found.exhaustive) uncertain++;
    }
    return best;
  }).toSorted((a, b) => a - b);
  const quantile = (part: number, goal: Figure["goal"] = null): Figure => ({
    bench: "placement",
    subject: `catalog and altered machines, ${100 * part} of 100 cases within`,
    value: at(times, Math.floor(part * (cases - 1))),
    unit: "µs",
    goal,
  });
  return [
    quantile(0.5),
    quantile(0.95),
    quantile(0.99, { atMost: 1000 }),
    {
      bench: "placement",
      subject: `of these ${cases} cases not certain`,
      value: uncertain,
      unit: "cases",
      goal: { atMost: 0 },
    },
  ];
}
