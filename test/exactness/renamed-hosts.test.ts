import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { search } from "@evenkeel/core/placement/search/search.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { randomFor } from "../../fuzz/random.ts";
import { hostsOf } from "./cases.ts";
import { relabeled } from "./relabel.ts";
import { anyRequest } from "./requests.ts";

const seed = 20_261_130;

/** Nothing is kept for the host: under other names these would be other cores. */
const policy = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 4 * GiB },
};

/** The parts of an objective that do not depend on the names of nodes, cores and devices. */
function worth(
  host: HostState,
  request: Request,
): ({ readonly cells: number } & Record<string, unknown>) | null {
  const found = search(host, request);
  if (found === null) return null;
  const { cells, cost, unrequestedDevices, unevenCells, nodeDistanceSum } = found.best.objective;
  // Straying cores and memory are not chosen together, so ties between nodes may differ in cost.
  if (request.locality === "preferred") return { cells };
  return { cells, cost: cost.toFixed(8), unrequestedDevices, unevenCells, nodeDistanceSum };
}

test("a host under other names refuses the same requests, and its best has the same objective", () => {
  const hostAt = hostsOf(seed);
  const met = { refused: 0, placed: 0, severalCells: 0 };
  for (let number = 0; number < 16 * 260; number += 16) {
    const { host } = hostAt(number);
    const [plan, ...others] = host.taken;
    if (plan === undefined || others.length > 0) continue;
    const renamed = relabeled({ topology: host.topology, plan }, randomFor(seed, "names", number));
    const mirror = { topology: renamed.topology, taken: [renamed.plan], policy };
    for (let again = 0; again < 8; again++) {
      const request = anyRequest({ ...host, policy }, randomFor(seed, "request", number + again));
      const here = worth({ ...host, policy }, request);
      const what = { number, again, request };
      expect({ ...what, worth: worth(mirror, request) }).toEqual({ ...what, worth: here });
      met[here === null ? "refused" : "placed"]++;
      if (here !== null && here.cells > 1) met.severalCells++;
    }
  }
  expect(met.refused).toBeGreaterThan(50);
  expect(met.placed).toBeGreaterThan(50);
  expect(met.severalCells).toBeGreaterThan(10);
});

/** A host of two nodes with these cores and pages, and a GPU each. */
const hostWith = (
  cores: readonly [number, number],
  pages: readonly [number, number],
): HostState => ({
  topology: syntheticTopology(
    `package:2 core:${cores[0]} core:${cores[1]}@1 thread:1 memory:32Gi distances:10/21
     hugepages:${pages[0]}x1Gi hugepages:${pages[1]}x1Gi@1 root[gpu:h100-sxm] nvlink:18`,
  ),
  taken: [],
  policy,
});

const cellsOf = (host: HostState, request: Request): unknown =>
  search(host, request)?.best.cells.map(({ units, granules }) => [
    units.map(({ count }) => count).join(),
    granules.map(({ count }) => count).join(),
  ]);

test.each([0, 2])("with %i GPUs the odd core and the odd page go where there is room", (count) => {
  const request = requestOf({
    accelerators: accelerators(count),
    vcpus: 9,
    memoryBytes: 9 * GiB,
  });
  expect(cellsOf(hostWith([5, 4], [5, 4]), request)).toEqual([
    ["5", "5"],
    ["4", "4"],
  ]);
  expect(cellsOf(hostWith([4, 5], [5, 4]), request)).toEqual([
    ["4", "5"],
    ["5", "4"],
  ]);
  expect(cellsOf(hostWith([4, 5], [4, 5]), request)).toEqual([
    ["4", "4"],
    ["5", "5"],
  ]);
  expect(cellsOf(hostWith([5, 5], [5, 5]), request)).toEqual([
    ["5", "5"],
    ["4", "4"],
  ]);
  expect(cellsOf(hostWith([4, 4], [5, 5]), request)).toBeUndefined();
});
