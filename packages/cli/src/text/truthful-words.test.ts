import { place } from "@evenkeel/core/fleet/place.ts";
import { forecastOf } from "@evenkeel/core/forecast/forecast.ts";
import { placedPlan } from "@evenkeel/core/plan/placed-plan.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { localities, workloads } from "@evenkeel/core/request/virtual-machine.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { forecastText } from "./forecast-text.ts";
import { painter } from "./paint.ts";
import { planText } from "./plan-text.ts";

/** Whatever says that a placement costs nothing, in any of the words that texts have for it. */
const asFast =
  /\b(?:as on the empty host|as (?:good|fast|well|quick(?:ly)?) as|just as (?:good|fast)|no (?:slower|difference|penalty|cost)|(?:at|with) full speed|costs? (?:nothing|the same)|same speed|without (?:loss|cost|penalty))\b/i;

const machines: readonly Topology[] = [
  ...catalogNames.filter((_, i) => i % 2 === 0).flatMap((name) => catalogMachine(name) ?? []),
  // Distances nobody told; memory without CPUs; all nodes alike.
  ...[
    "package:2 core:8 thread:2 memory:64Gi hugepages:48x1Gi root*2[gpu:h100-sxm nic:cx7]",
    "package:2 core:8 thread:1 memory:32Gi hugepages:24x1Gi distances:10/10 root*2[gpu:l40s]",
    "package:2 node:2 core:4 thread:1 memory:32Gi hugepages:24x1Gi distances:10/12/32 root[switch[gpu:h100-sxm*2 nic:cx7]]",
  ].map((text) => syntheticTopology(text)),
];

/** Whether some vCPU or device of a cell uses memory of another node. */
function hasRemoteMemory(plan: Plan, topology: Topology): boolean {
  const placed = placedPlan(plan, topology);
  if (placed === null) throw new Error("the plan is of this machine");
  return placed.cells.some(({ vcpuNodes, memoryNodes }) =>
    memoryNodes.some((memory) => vcpuNodes.some((cpus) => cpus.node !== memory.node)),
  );
}

test("no plan with remote memory is said to run as fast as another, and that it has some is said", () => {
  const view = { width: 80, paint: painter(false) };
  let remote = 0;
  for (const topology of machines) {
    const gib = [...topology.nodes].map(({ hugepages }) =>
      (hugepages ?? []).reduce((all, pool) => all + pool.sizeBytes * pool.total, 0),
    );
    const node = Math.max(...gib) / GiB;
    for (const locality of localities) {
      for (const [i, gpus] of [0, 1, 2, 4].entries()) {
        for (const memory of [node / 4, node * 1.25]) {
          const request = requestOf({
            name: "asked",
            accelerators: accelerators(gpus),
            vcpus: 4,
            memoryBytes: Math.max(1, Math.floor(memory)) * GiB,
            locality,
            ...(workloads[i] !== undefined && { workload: workloads[i] }),
          });
          const host = { topology, taken: [], policy: defaultHostPolicy };
          const plan = place([host], request);
          if (plan.kind === "Refusal" || !hasRemoteMemory(plan, topology)) continue;
          remote++;
          const said = planText(plan, view).replaceAll(/\s+/g, " ");
          const forecast = forecastText(forecastOf(host, plan), view).replaceAll(/\s+/g, " ");
          for (const text of [said, forecast]) {
            expect([topology.name, locality, asFast.exec(text)?.[0]]).toEqual([
              topology.name,
              locality,
              undefined,
            ]);
            expect(text).toMatch(/\bremote\b|straddles nodes/);
          }
        }
      }
    }
  }
  expect(remote).toBeGreaterThan(20);
});
