import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import { place } from "@evenkeel/core/placement/place.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { type Random, randomFor } from "../../../fuzz/random.ts";
import { type Case, hostsOf } from "../cases.ts";
import type { Trial } from "../run.ts";
import { simplerRequests } from "../smallest.ts";
import { compareCount, type Counted } from "./compare-count.ts";
import { compareLoss } from "./compare-loss.ts";
import { anyFlavor } from "./flavors.ts";

/** How many more of a flavor fit, or which place of a VM leaves the most of what else is sold. */
export interface CapacityCase extends Case {
  readonly question: Counted | "loss";
  readonly flavors: readonly Request[];
}

/** Of so many cases one asks for the best place for all; the others count, which takes less. */
const lossEvery = 4;

/** Capacities and losses, held against integer programs; the hosts are those of placements. */
export function capacities(seed: number): Trial<CapacityCase> {
  const hostFor = hostsOf(seed);
  return {
    caseAt: (number) => {
      const base = hostFor(number);
      const random = randomFor(seed, "capacity", number);
      if (number % lossEvery !== 0) {
        const request = flavorFor({ ...base.host, taken: [] }, random, "flavor");
        return { ...base, request, question: random.once(4) ? "next" : "own", flavors: [] };
      }
      const request = flavorFor(base.host, random, "vm");
      const names = ["first", "second", "third"].slice(0, 1 + random.below(3));
      const flavors = names.map((name) => anyFlavor(base.host, random, name));
      return { ...base, request, question: "loss", flavors };
    },
    outcome: (newProgram, { host, request, question, flavors }) =>
      question === "loss"
        ? compareLoss(newProgram, host, request, flavors)
        : compareCount(newProgram, host, request, question),
    *simplerThan(failing) {
      const { flavors } = failing;
      for (const [i, flavor] of flavors.entries()) {
        if (flavors.length > 1) yield { ...failing, flavors: flavors.toSpliced(i, 1) };
        for (const simpler of simplerRequests(flavor)) {
          yield { ...failing, flavors: flavors.with(i, simpler) };
        }
      }
    },
  };
}

/** One that the host can take, unless a few drawn in turn cannot be. */
function flavorFor(host: HostState, random: Random, name: string): Request {
  for (let tries = 0; ; tries++) {
    const flavor = anyFlavor(host, random, name);
    if (tries >= 5 || place([host], flavor).kind === "Plan") return flavor;
  }
}
