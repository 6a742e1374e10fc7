import { expect, test } from "vitest";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Claim } from "@evenkeel/simulate/experiment/claims.ts";
import { holdsTexts, timesText } from "@evenkeel/simulate/experiment/describe.ts";
import type { Experiment } from "@evenkeel/simulate/experiment/experiment.ts";
import { runExperiment } from "@evenkeel/simulate/experiment/run.ts";
import { twinRequest } from "@evenkeel/simulate/twins.ts";

/**
 * `docs/distance.md`: what is said of distance on GPU hosts, and on which machines of the catalog
 * it comes out so.
 */

const COUNT = 100;

interface OnMachine {
  readonly name: string;
  readonly experiment: Experiment;
}

function experiments(): readonly OnMachine[] {
  return catalogNames.flatMap((name) => {
    const topology = catalogMachine(name);
    const request = topology && twinRequest(topology, defaultHostPolicy);
    const options = { count: COUNT, load: 1, seed: 1 };
    const experiment =
      topology && request && runExperiment(topology, defaultHostPolicy, request, options);
    return experiment === null ? [] : [{ name, experiment }];
  });
}

/** Machines on which a claim comes out in the same way and words, together. */
function claimSection(name: string, all: readonly OnMachine[]): readonly string[] {
  const found = all.flatMap(({ name: machine, experiment }) => {
    const claim = experiment.claims.find((one) => one.name === name);
    return claim === undefined ? [] : [{ machine, claim }];
  });
  const groups = new Map<string, { readonly claim: Claim; readonly machines: string[] }>();
  for (const { machine, claim } of found) {
    const key = `${claim.holds} ${claim.found} ${claim.basis}`;
    const group = groups.get(key) ?? { claim, machines: [] };
    group.machines.push(machine);
    groups.set(key, group);
  }
  const says = found[0]?.claim.says ?? "";
  return [
    `## ${says.charAt(0).toUpperCase()}${says.slice(1)}`,
    "",
    "| here | on | what comes out | basis |",
    "|---|---|---|---|",
    ...[...groups.values()].map(
      ({ claim, machines }) =>
        `| ${holdsTexts[claim.holds]} | ${machines.join(", ")} | ${claim.found} | ${claim.basis} |`,
    ),
    "",
  ];
}

function page(all: readonly OnMachine[]): string {
  const [first] = all;
  const rows = all.map(({ name, experiment }) => {
    const times = experiment.ways.map(
      ({ alone, loaded }) =>
        `${timesText(loaded.mean)}, ${timesText(loaded.spread)} apart (alone ${timesText(alone.mean)})`,
    );
    return `| ${name} | ${times.join(" | ")} |`;
  });
  return [
    "# What is said of distance",
    "",
    "What is said of distance on GPU hosts in general, and what comes out on the machines of the",
    "catalog, by `evenkeel simulate twins`: published figures of their processors and links, so it is",
    "modelled and not measured. On a machine of your own the same command uses what `evenkeel measure`",
    "found there. [`test/twins`](../test/twins) makes this page.",
    "",
    `Step times of ${COUNT} equal VMs that fill their machines, all busy, as multiples of the best`,
    "place on the empty machine: the mean, and the slowest over the fastest.",
    "",
    `| | ${(first?.experiment.ways ?? []).map(({ way }) => way).join(" | ")} |`,
    "|---|---|---|---|---|",
    ...rows,
    "",
    ...(first?.experiment.claims ?? []).flatMap(({ name }) => claimSection(name, all)),
  ].join("\n");
}

test("docs/distance.md is what the experiment gives", async () => {
  const path = new URL("../../docs/distance.md", import.meta.url).pathname;
  await expect(page(experiments())).toMatchFileSnapshot(path);
});
