import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Case, fitsOn, mendedCases, releasedCase } from "../../../testing/placement/mended.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { smallTopology, wideTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { place } from "../../fleet/place.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { HostState } from "../../plan/host-state.ts";
import type { Plan } from "../../plan/plan.ts";
import type { RefusalCode } from "../../plan/refusal.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { isolations, localities } from "../../request/virtual-machine.ts";
import { catalogMachine, catalogNames, catalogPartitions } from "../../topology/catalog/catalog.ts";
import type { Topology } from "../../topology/topology.ts";
import { GiB, MiB } from "../../unit/bytes.ts";
import { type Tally, count, countOf } from "../../unit/tally.ts";
import { isPlaceable } from "../search/search.ts";
import { refuse } from "./refuse.ts";

/** Requests from small to more than a machine has, of these sizes. */
const requests = (cores: number, gib: number, gpus: number): fc.Arbitrary<Request> =>
  fc
    .record({
      accelerators: fc.record({
        count: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: gpus })),
        model: fc.constantFrom(null, null, null, "H100", "B200"),
        link: fc.constantFrom("any", "any", "nvlink", "switch"),
      }),
      nics: fc.record({
        count: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1 + gpus })),
        rdma: fc.boolean(),
      }),
      vcpus: fc.integer({ min: 1, max: cores }),
      memoryBytes: fc.integer({ min: 1, max: gib }).map((some) => some * GiB),
      hugepageBytes: fc.constantFrom(GiB, GiB, 2 * MiB, null, null),
      isolation: fc.constantFrom("core", "core", ...isolations),
      locality: fc.constantFrom("strict", "strict", ...localities),
    })
    .map(requestOf);

/** Fabric partitions of any sizes, which may share accelerators. */
function anyPartitions({ accelerators }: Topology): fc.Arbitrary<Drawn["partitions"]> {
  const addresses = accelerators.map(({ address }) => address);
  if (addresses.length === 0) return fc.constant(null);
  return fc
    .array(fc.subarray(addresses, { minLength: 1, maxLength: Math.min(4, addresses.length) }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((sets) => sets.map((own, id) => ({ id, accelerators: own, active: false })));
}

/** The machine with some accelerators of another model, of unknown model or on an unknown node. */
function altered(topology: Topology): fc.Arbitrary<Topology> {
  const { accelerators, pci } = topology;
  const change = fc.constantFrom("none", "none", "none", "model", "no model", "no node");
  return fc.array(change, { minLength: 1, maxLength: 8 }).map((changes) => {
    const changeOf = (i: number): string => changes[i % changes.length] ?? "none";
    const lost = new Set(
      accelerators.flatMap(({ address }, i) => (changeOf(i) === "no node" ? [address] : [])),
    );
    return {
      ...topology,
      accelerators: accelerators.map((one, i) => {
        if (changeOf(i) === "model") return { ...one, model: "B200" };
        return changeOf(i) === "no model" ? { ...one, model: null } : one;
      }),
      pci: pci.map((device) => (lost.has(device.address) ? { ...device, node: null } : device)),
    };
  });
}

/**
 * What a flavor is sold in: nothing, what it gets on the host when empty, or no such signature. On
 * a large machine a signature that no place has is searched for among many, so few have one there.
 */
const anySold = (weight: number): fc.Arbitrary<Drawn["sold"]> =>
  fc.oneof(
    { weight, arbitrary: fc.constant("any") },
    { weight: 1, arbitrary: fc.constantFrom("its own", "none") },
  );

interface Drawn {
  readonly topology: Topology;
  readonly earlier: readonly Request[];
  readonly request: Request;
  readonly partitions: HostState["policy"]["partitions"];
  readonly sold: "any" | "its own" | "none";
}

const onCatalog: fc.Arbitrary<Drawn> = fc.constantFrom(...catalogNames).chain((name) => {
  const whole = catalogMachine(name);
  if (whole === null) throw new Error(`no ${name}`);
  const cpus = whole.cores.length * 2;
  const gpus = whole.accelerators.length;
  return fc.record({
    topology: fc.oneof(fc.constant(whole), fc.constant(whole), altered(whole)),
    earlier: fc.array(requests(Math.ceil(cpus / 3), 256, Math.ceil(gpus / 2)), { maxLength: 4 }),
    request: requests(Math.ceil(cpus * 1.2), 2048, gpus + 1),
    partitions: fc.oneof(
      fc.constantFrom(null, null, catalogPartitions(name)),
      anyPartitions(whole),
    ),
    sold: anySold(9),
  });
});

const onGenerated: fc.Arbitrary<Drawn> = fc.oneof(smallTopology, wideTopology).chain((whole) =>
  fc.record({
    topology: fc.oneof(fc.constant(whole), altered(whole)),
    earlier: fc.array(requests(6, 4, 2), { maxLength: 3 }),
    request: requests(24, 24, 6),
    partitions: fc.oneof(fc.constant(null), fc.constant(null), anyPartitions(whole)),
    sold: anySold(1),
  }),
);

function hostOf({ topology, earlier, partitions }: Drawn): HostState {
  const reserved = { ...defaultHostPolicy.reserved, memoryPerNodeBytes: GiB };
  const policy = { ...defaultHostPolicy, reserved, partitions };
  let taken: readonly Plan[] = [];
  for (const [i, given] of earlier.entries()) {
    const placed = place([{ topology, taken, policy }], { ...given, name: `earlier-${i}` });
    if (placed.kind === "Plan") taken = [...taken, placed];
  }
  return { topology, taken, policy };
}

/** The request of a flavor that is sold in a signature. */
function signed({ request, sold }: Drawn, host: HostState): Request {
  if (sold === "any") return request;
  const plan = sold === "none" ? null : place([{ ...host, taken: [] }], request);
  const signature = plan?.kind === "Plan" ? plan.signature : "0123456789abcdef";
  return { ...request, flavor: "f", signature };
}

/** Holds every way of a refusal against what mending does; counts the codes that were met. */
function checkWays(host: HostState, request: Request, met: Tally<RefusalCode>): void {
  if (isPlaceable(host, request)) return;
  const { ways } = refuse(host, request, { remedies: false });
  expect(ways.length).toBeGreaterThan(0);
  expect(ways.length).toBeLessThanOrEqual(3);
  const before: Case = { host, request };
  for (const way of ways) {
    const { nodes, reasons } = way;
    for (const { code } of reasons) count(met, code);
    const isSigned = (some: typeof reasons): boolean =>
      request.signature !== null &&
      request.locality !== "preferred" &&
      some.every(({ code }) => code !== "signature-unavailable");
    const outcome = (some: typeof reasons): boolean =>
      isSigned(some)
        ? fitsOn(releasedCase(before, way, some), nodes)
        : mendedCases(before, way, some).some((one) => fitsOn(one, nodes));
    expect({ way, all: outcome(reasons) }).toEqual({ way, all: true });
    for (const left of reasons) {
      // Isolation is mended by asking for less of it, and then no cache need be known.
      const isMendedToo =
        left.code === "cache-unknown" && reasons.some(({ code }) => code === "isolation-conflict");
      if (isMendedToo) continue;
      const others = reasons.filter((one) => one !== left);
      // Isolation is given up only with all that a VM has, and the other way round.
      const isIsolated = reasons.some(({ code }) => code === "isolation-conflict");
      if (isSigned(others) && isIsolated && left.code !== "signature-unavailable") continue;
      expect({ way, left, fits: outcome(others) }).toEqual({ way, left, fits: false });
    }
  }
}

/** A sold signature is searched for on each way, which takes time. */
const slow = { timeout: 240_000 };

const seed = 1_620_261;

test(
  "on every catalog machine each cause of a way is needed, and all of them suffice",
  slow,
  () => {
    const met: Tally<RefusalCode> = new Map();
    fc.assert(
      fc.property(onCatalog, (drawn) => {
        const host = hostOf(drawn);
        checkWays(host, signed(drawn, host), met);
      }),
      { numRuns: 80, seed },
    );
    for (const code of usual)
      expect({ code, met: countOf(met, code) > 0 }).toEqual({ code, met: true });
  },
);

test("on generated machines each cause of a way is needed, and all of them suffice", slow, () => {
  const met: Tally<RefusalCode> = new Map();
  fc.assert(
    fc.property(onGenerated, (drawn) => {
      const host = hostOf(drawn);
      checkWays(host, signed(drawn, host), met);
    }),
    { numRuns: 200, seed },
  );
  const all = [...usual, ...untold, "partition-unavailable"] as const;
  for (const code of all)
    expect({ code, met: countOf(met, code) > 0 }).toEqual({ code, met: true });
});

/** What machines of the catalog can be short of; they know all of themselves. */
const usual = [
  "accelerators-short",
  "accelerators-unlinked",
  "nics-short",
  "cores-short",
  "cpus-short",
  "memory-short",
  "hugepages-short",
  "hugepages-absent",
  "isolation-conflict",
  "signature-unavailable",
] as const;

const untold = [
  "accelerator-node-unknown",
  "nics-unknown",
  "memory-unknown",
  "cache-unknown",
] as const;

test("where not all choices of nodes are looked at, the refusal says so, and its ways hold", () => {
  const hostWith = (nodes: number): HostState => ({
    topology: syntheticTopology(`node:${nodes} core:2 memory:4Gi hugepages:2x1Gi`),
    taken: [],
    policy: defaultHostPolicy,
  });
  const request = requestOf({ vcpus: 2, memoryBytes: 100 * GiB });
  const met: Tally<RefusalCode> = new Map();
  // 12 nodes have 4,095 sets.
  for (const [nodes, exhaustive] of [
    [11, true],
    [12, true],
    [13, false],
  ] as const) {
    const host = hostWith(nodes);
    expect(refuse(host, request, { remedies: false }).waysExhaustive).toBe(exhaustive);
    checkWays(host, request, met);
  }
});
