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

test("clusters of one package are not far from each other", () => {
  const one = claimsOn(
    syntheticTopology("package:1 node:2 core:8 memory:64Gi distances:10/12 root[gpu:l40s*2]"),
  );
  for (const name of ["latency-idle", "latency-loaded", "copies-remote"]) {
    expect(one.get(name)).toMatchObject({ holds: "moot" });
  }
  const two = claimsOn(
    syntheticTopology(
      "package:2 node:2 core:8 memory:64Gi access:80(bandwidth:110G) access:90(to:1 bandwidth:110G)@0 " +
        "access:90(to:0 bandwidth:110G)@1 access:90(to:3 bandwidth:110G)@2 access:90(to:2 bandwidth:110G)@3 " +
        "access:120(to:2-3 bandwidth:34G)@0-1 access:120(to:0-1 bandwidth:34G)@2-3 root[gpu:l40s*2]@0",
    ),
  );
  expect(two.get("latency-idle")).toMatchObject({
    found: "1.50 times between packages",
    holds: "yes",
  });
});

test("claims of a machine of two packages, worked out by hand", () => {
  // PCIe 5 carries 52.5 GB/s, the link 34.
  const claims = claimsOn(
    syntheticTopology(
      "package:2 core:8 memory:64Gi access:80(bandwidth:110G)@0-1 access:120(to:1 bandwidth:34G)@0 " +
        "access:144(to:0 bandwidth:34G)@1 root[gpu:h100-pcie*2]",
    ),
  );
  const found = [...claims.values()].map((claim) => [claim.name, claim.holds, claim.found]);
  expect(found).toEqual([
    ["latency-idle", "yes", "1.50 to 1.80 times between packages"],
    ["latency-loaded", "yes", expect.stringContaining("its own, 3.50 times")],
    [
      "copies-remote",
      "yes",
      "to one GPU at a time 1.54 times slower; to the 2 of a node at once 3.09 times slower",
    ],
    ["peers-across", "yes", "between nodes 1.54 times slower"],
    [
      "interleave-whole-machine",
      "yes",
      "all cores read 136 GB/s interleaved, 110 GB/s where one thread touched all memory first, " +
        "220 GB/s where each reads its own node's",
    ],
  ]);
});

test("whether peers are apart is unknown where nobody told the nodes of the GPUs", () => {
  const lost = claimsOn(
    syntheticTopology("package:2 core:8 memory:64Gi distances:10/21 root*2[gpu:l40s]@?"),
  );
  expect(lost.get("peers-across")).toMatchObject({
    holds: "unknown",
    found: "nobody told the GPUs' nodes and links",
  });
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
