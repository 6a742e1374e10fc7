import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy, type HostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { requestOf } from "../../testing/request/requests.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { smallTopology } from "../../testing/topology/arbitrary-machine.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import type { HostState } from "../plan/host-state.ts";
import { place } from "../fleet/place.ts";
import type { Plan } from "../plan/plan.ts";
import { planFaults } from "../plan/check/plan-check.ts";
import { unboundAmong } from "./inventory/devices.ts";
import { freeAcceleratorCounter } from "./search/rank/ranking.ts";
import { spaceOn } from "./space/space.ts";
import { search } from "./search/search.ts";
import { type BruteAnswer, bruteForce } from "../../testing/placement/brute-force.ts";

/** Typical small machines, for every request of the family. */
const machines: readonly string[] = [
  "package:1 core:4 thread:2 memory:16Gi hugepages:6x1Gi root*2[gpu:h100-sxm]",
  "package:2 core:3 thread:2 memory:16Gi hugepages:6x1Gi distances:10/21 root*2[switch[gpu:h100-sxm nic:cx7]] nvlink:18",
  "package:2 node:2 core:3 thread:1 memory:16Gi hugepages:6x1Gi distances:10/12/32 root[switch[gpu:h100-sxm nic:cx7]]",
  "package:2 core:4 thread:2 memory:16Gi hugepages:6x1Gi distances:10/21 root[switch[gpu:h100-sxm*2 nic:cx7]]",
];

const plain = requestOf();

/** A family of requests: few enough to try all, and different enough to matter. */
const family: readonly Request[] = [0, 1, 2, 3, 4].flatMap((accelerators) =>
  [0, 1, 2].flatMap((nics) =>
    [1, 4, 5, 10].flatMap((vcpus) =>
      [GiB, 8 * GiB, 5 * MiB, 14 * MiB].map((memoryBytes) => ({
        ...plain,
        accelerators: { ...plain.accelerators, count: accelerators },
        nics: { ...plain.nics, count: nics },
        vcpus,
        memoryBytes,
        hugepageBytes: memoryBytes >= GiB ? GiB : null,
      })),
    ),
  ),
);

/** The host keeps all base pages but four granules a node, so that they run short, too. */
const policy: HostPolicy = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, memoryPerNodeBytes: 10 * GiB - 8 * MiB },
};

/** The search's answer in the terms of brute force. */
function searchAnswer(host: HostState, request: Request): BruteAnswer | null {
  const found = search(host, request);
  if (found === null) return null;
  const { cells, objective } = found.best;
  const devices = (kind: "accelerators" | "nics"): string =>
    cells
      .flatMap((cell) => cell[kind].map(({ address }) => address))
      .toSorted()
      .join(" ");
  const choice = [
    devices("accelerators"),
    devices("nics"),
    cells.map(({ node }) => node).join(" "),
  ];
  const given = cells.flatMap((cell) => [...cell.accelerators, ...cell.nics]);
  return {
    ...objective,
    idleAccelerators: freeAcceleratorCounter(spaceOn(host, request))(found.best),
    unboundDevices: unboundAmong(given),
    choice: choice.join(" | "),
  };
}

function expectEqual(host: HostState, request: Request): void {
  const [mine, brute] = [searchAnswer(host, request), bruteForce(host, request)];
  const rounded = (answer: BruteAnswer | null): unknown =>
    answer && { ...answer, cost: answer.cost.toFixed(9) };
  const what = { machine: host.topology.name, taken: host.taken.length, request };
  expect({ ...what, answer: rounded(mine) }).toEqual({ ...what, answer: rounded(brute) });
}

/** The host after each of a few VMs that fit, from empty to nearly full. */
function states(topology: HostState["topology"], requests: readonly Request[]): HostState[] {
  const all: HostState[] = [{ topology, taken: [], policy }];
  let taken: readonly Plan[] = [];
  for (const [i, next] of requests.entries()) {
    const host = { topology, taken, policy };
    const placed = place([host], { ...next, name: `taken-${i}` });
    if (placed.kind === "Refusal") continue;
    expect(planFaults(placed, host)).toEqual([]);
    taken = [...taken, placed];
    all.push({ topology, taken, policy });
  }
  return all;
}

const anyRequest: fc.Arbitrary<Request> = fc.record({
  name: fc.constant("vm"),
  tenant: fc.constant(null),
  flavor: fc.constant(null),
  signature: fc.constant(null),
  accelerators: fc.record({
    count: fc.integer({ min: 0, max: 4 }),
    model: fc.constant(null),
    link: fc.constantFrom("any", "nvlink", "switch"),
  }),
  nics: fc.record({ count: fc.integer({ min: 0, max: 2 }), rdma: fc.boolean() }),
  vcpus: fc.integer({ min: 1, max: 12 }),
  memoryBytes: fc.integer({ min: 1, max: 10 }).map((gib) => gib * GiB),
  hugepageBytes: fc.constant(GiB),
  locality: fc.constant("strict"),
  isolation: fc.constantFrom("core", "l3", "node", "host"),
  workload: fc.constantFrom("inference", "training", "staging", "compute"),
});

test("the search equals brute force on any small machine with any VMs", () => {
  fc.assert(
    fc.property(
      smallTopology,
      fc.array(anyRequest, { maxLength: 2 }),
      anyRequest,
      (topology, earlier, next) => {
        for (const host of states(topology, earlier)) expectEqual(host, next);
      },
    ),
    { numRuns: 300 },
  );
});

test("of equal places the one with the most devices that vfio-pci has is taken", () => {
  const bits = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
  let decided = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        smallTopology,
        fc.constantFrom(...machines).map((text) => syntheticTopology(text)),
      ),
      bits,
      anyRequest.filter(({ accelerators }) => accelerators.count > 0),
      (topology, bound, request) => {
        const sold = [...topology.accelerators, ...topology.nics].map(({ address }) => address);
        const pci = topology.pci.map((device) => {
          const isBound = bound[sold.indexOf(device.address)] ?? false;
          return { ...device, driver: isBound ? "vfio-pci" : "nvidia" };
        });
        const host = { topology: { ...topology, pci }, taken: [], policy };
        expectEqual(host, request);
        const unbound = searchAnswer({ ...host, topology }, request);
        if (unbound?.choice !== searchAnswer(host, request)?.choice) decided++;
      },
    ),
    { numRuns: 400 },
  );
  expect(decided).toBeGreaterThan(5);
});

test.each(machines)("every request of the family equals brute force on %s", (text) => {
  const topology = syntheticTopology(text, text);
  const [small, odd] = [family[12 * 3 + 4], family[3 * 12 * 2 + 4]];
  const hosts = states(
    topology,
    [small, odd].filter((entry) => entry !== undefined),
  );
  for (const host of hosts) for (const request of family) expectEqual(host, request);
});
