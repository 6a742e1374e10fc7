import { expect, test } from "vitest";
import { flowMachine } from "@evenkeel/core/cost/flow/flow-machine.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { drawExperiment } from "../draw/draw-experiment.ts";
import { twinRequest } from "../twins.ts";
import { type Claim, machineClaims } from "./claims.ts";
import type { Experiment, Way, WayResult } from "./experiment.ts";
import { runExperiment } from "./run.ts";

function experimentOn(topology: Topology | null, load = 1, seed = 1): Experiment {
  const request = topology && twinRequest(topology, defaultHostPolicy);
  const options = { count: 60, load, seed };
  const experiment =
    topology && request && runExperiment(topology, defaultHostPolicy, request, options);
  if (experiment === null) throw new Error("the machine holds no twins");
  return experiment;
}

function wayOf({ ways }: Experiment, way: Way): WayResult {
  const found = ways.find((one) => one.way === way);
  if (found === undefined) throw new Error(`no result for ${way}`);
  return found;
}

const hgx = catalogMachine("hgx-h100");

test("planned twins take the same time, and no other way is better in the mean", () => {
  const experiment = experimentOn(hgx);
  const planned = wayOf(experiment, "evenkeel");
  expect(planned.alone).toMatchObject({ mean: 1, spread: 1 });
  expect(planned.loaded.spread).toBeCloseTo(1, 9);
  for (const way of ["luck", "interleave", "pinned"] as const) {
    const other = wayOf(experiment, way);
    expect(other.alone.values).toHaveLength(60);
    expect(other.alone.mean).toBeGreaterThan(1.05);
    expect(other.loaded.mean).toBeGreaterThan(planned.loaded.mean);
    expect(other.alone.least).toBeGreaterThanOrEqual(1);
  }
  expect(wayOf(experiment, "interleave").alone.spread).toBeLessThan(
    wayOf(experiment, "luck").alone.spread,
  );
});

test("twins whose best place has remote memory are not as fast as the best", () => {
  const dgx = catalogMachine("dgx-a100");
  const request = dgx && twinRequest(dgx, defaultHostPolicy);
  if (dgx === null || request === null) throw new Error("it holds twins");
  const wide = { ...request, vcpus: 8, memoryBytes: 250 * GiB, locality: "preferred" } as const;
  const asked = { ...wide, accelerators: { ...wide.accelerators, count: 1 } };
  const options = { count: 12, load: 0, seed: 1 };
  const experiment = runExperiment(dgx, defaultHostPolicy, asked, options);
  if (experiment === null) throw new Error("it holds them");
  expect(wayOf(experiment, "evenkeel").alone.least).toBeGreaterThan(1);
});

test("the same seed gives the same bytes, another seed another history", () => {
  const drawing = drawExperiment(experimentOn(hgx, 0.5));
  expect(drawExperiment(experimentOn(hgx, 0.5))).toBe(drawing);
  expect(drawExperiment(experimentOn(hgx, 0.5, 2))).not.toBe(drawing);
});

test("more busy neighbors never make a twin faster, and without any it is as if alone", () => {
  const [none, some, all] = [0, 0.4, 1].map((load) => experimentOn(hgx, load));
  for (const way of ["luck", "interleave", "pinned", "evenkeel"] as const) {
    const means = [none, some, all].map((one) => one && wayOf(one, way).loaded.mean);
    expect(means[0]).toBe(none && wayOf(none, way).alone.mean);
    expect(means).toEqual(means.toSorted((a = 0, b = 0) => a - b));
  }
});

const claimsOn = (topology: Topology): ReadonlyMap<string, Claim> =>
  new Map(machineClaims(topology, flowMachine(topology, null)).map((claim) => [claim.name, claim]));

test("a machine of one package has no second one to be far from", () => {
  const claims = claimsOn(
    syntheticTopology("package:1 core:8 memory:64Gi distances:10/21 root[gpu:l40s*2]"),
  );
  for (const name of ["latency-idle", "latency-loaded", "copies-remote"]) {
    expect(claims.get(name)).toMatchObject({ holds: "moot" });
  }
});

test("what hangs on a guess is not judged", () => {
  const unnamed = syntheticTopology(
    "package:2 core:8 memory:64Gi distances:10/21 root[gpu:l40s*2]",
  );
  const idle = claimsOn(unnamed).get("latency-idle");
  expect(idle).toMatchObject({ holds: "unknown", basis: "unknown" });
  expect(idle?.found).toMatch(/^by a guess at what nobody told, 1\.\d\d times/);
});

test("copies over PCIe 4 lose nothing across a wide link alone; together they may", () => {
  const pcie4 = syntheticTopology(
    "package:2 core:28 memory:512Gi distances:10/21 root[gpu:a100-sxm*4]",
  );
  const named = (cpuModel: string): Topology => ({
    ...pcie4,
    machine: { ...pcie4.machine, cpuModel },
  });
  const claim = claimsOn(named("Intel(R) Xeon(R) Platinum 8269CY CPU")).get("copies-remote");
  expect(claim?.found).toMatch(/^to one GPU at a time no slower; to the 4 of a node at once/);
  expect(claim?.holds).toBe("partly");
});

test("all that is claimed is said to come out, or not, or not to be known", () => {
  const { claims } = experimentOn(hgx);
  expect(claims.map(({ name, holds }) => `${name} ${holds}`)).toMatchInlineSnapshot(`
    [
      "latency-idle yes",
      "latency-loaded yes",
      "copies-remote partly",
      "peers-across no",
      "interleave-whole-machine yes",
      "twin-slower partly",
      "interleave-average partly",
      "interleave-wrong-for-gpus yes",
      "pinned-blind yes",
      "same-twice yes",
    ]
  `);
});
