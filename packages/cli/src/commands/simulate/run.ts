import { shorten } from "@evenkeel/core/text/shorten.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { drawComparison } from "@evenkeel/simulate/draw/draw-comparison.ts";
import { policies, policyNamed, policyNames } from "@evenkeel/simulate/policy/policies.ts";
import type { Policy } from "@evenkeel/simulate/policy/policy.ts";
import { compare } from "@evenkeel/simulate/run/compare.ts";
import type { Scenario } from "@evenkeel/simulate/run/scenario.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { CliContext } from "../../command/context.ts";
import { progressOn } from "../../command/progress.ts";
import { jsonText } from "../../text/json-text.ts";
import type { SimulateFlags } from "./flags.ts";
import { comparisonText } from "./comparison-text.ts";
import { wholeNumber } from "./whole-number.ts";
import { readScenario } from "./scenario.ts";

const SEED_MAX = 2 ** 31 - 1;
const SEEDS_MAX = 100;

export async function runSimulate(this: CliContext, flags: SimulateFlags): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const first = wholeNumber(flags.seed, "--seed", 0, SEED_MAX - SEEDS_MAX);
  const count = wholeNumber(flags.seeds, "--seeds", 1, SEEDS_MAX);
  const seeds = Array.from({ length: count }, (_, i) => first + i);
  const scenario = await readScenario(flags, surroundings);
  const chosen =
    flags.policies === undefined
      ? defaultPolicies(scenario)
      : chosenPolicies(flags.policies, scenario);
  const progress = progressOn(surroundings.stderr);
  const comparison = compare(scenario, chosen, seeds, (policy, run, runs) =>
    progress.show(`run ${run} of ${runs}: ${policy}`),
  );
  progress.clear();
  switch (flags.output) {
    case "json": {
      // The field is named after the flag.
      const { scenario: world, ...results } = comparison;
      return surroundings.stdout.write(
        jsonText({ apiVersion: "evenkeel/v1", kind: "Simulation", world, ...results }),
      );
    }
    case "svg":
      return surroundings.stdout.write(drawComparison(comparison));
    case "text":
      return surroundings.stdout.write(comparisonText(comparison, { width, paint }));
  }
}

/** All policies. Where hosts have several nodes, the best rivals also run as NUMA-aware ones. */
function defaultPolicies({ hosts, ownPolicies }: Scenario): readonly Policy[] {
  const hasNodes = hosts.some(({ nodes }) => nodes.length > 1);
  const aware = ["pack+numa", "fgd+numa"].map(policyNamed).filter((policy) => policy !== null);
  const rivals = policies.filter(({ name }) => name !== "evenkeel");
  const own = policies.filter(({ name }) => name === "evenkeel");
  return [...rivals, ...(hasNodes ? aware : []), ...own, ...ownPolicies];
}

function chosenPolicies(list: string, { ownPolicies }: Scenario): readonly Policy[] {
  const known = [...policyNames, ...ownPolicies.map(({ name }) => name)];
  return [...new Set(list.split(",").map((name) => name.trim()))].map((name) => {
    const policy = policyNamed(name) ?? ownPolicies.find((one) => one.name === name);
    if (policy !== undefined) return policy;
    const meant = didYouMean(name, known);
    throw new EvenkeelError("usage", `there is no policy "${shorten(name, 40)}" for this world`, {
      where: "--policies",
      expected: `some of ${known.join(", ")}`,
      remedy: meant === null ? "run evenkeel simulate --help" : `did you mean "${meant}"?`,
    });
  });
}
