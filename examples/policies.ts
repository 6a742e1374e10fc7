// Compares placement policies on a simulated fleet of one type of machine, with one of your own.
//
//   node policies.ts hgx-h100 20
import { catalogMachine, catalogNames } from "@evenkeel/core";
import {
  byScore,
  catalogScenario,
  compare,
  headline,
  policies,
  type Policy,
} from "@evenkeel/simulate";

const [name = "hgx-h100", hosts = "20"] = process.argv.slice(2);
const machine = catalogMachine(name);
if (machine === null) throw new Error(`${name} is none of ${catalogNames.join(", ")}`);

/** Takes the node that has the most memory left. */
const roomiest: Policy = {
  name: "roomiest",
  title: "Most memory left",
  source: "examples/policies.ts",
  knowsNodes: true,
  start: (setting) =>
    byScore(setting, {
      score: (_host, next) => Math.max(...next.nodes.map(({ memoryMib }) => memoryMib)),
      ties: "name",
    }),
};

const world = catalogScenario(machine, Number(hosts));
const seeds = [1, 2];
const comparison = compare(world, [...policies, ...world.ownPolicies, roomiest], seeds);
for (const policy of comparison.policies) {
  const { mean, deviation } = headline(comparison, policy);
  const share = `${(100 * mean).toFixed(1)} % ± ${(100 * deviation).toFixed(1)}`;
  console.log(`${policy.name.padEnd(18)} ${share} of the GPUs allocated`);
}
