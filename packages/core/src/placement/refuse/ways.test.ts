import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Case, fitsOn, mendedCases } from "../../../testing/placement/mended.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { smallTopology, wideTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { place } from "../../fleet/place.ts";
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

interface Drawn {
  readonly topology: Topology;
  readonly earlier: readonly Request[];
  readonly request: Request;
  readonly partitions: HostState["policy"]["partitions"];
}

const onCatalog: fc.Arbitrary<Drawn> = fc.constantFrom(...catalogNames).chain((name) => {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error(`no ${name}`);
  const cpus = topology.cores.length * 2;
  const gpus = topology.accelerators.length;
  return fc.record({
    topology: fc.constant(topology),
    earlier: fc.array(requests(Math.ceil(cpus / 3), 256, Math.ceil(gpus / 2)), { maxLength: 4 }),
    request: requests(Math.ceil(cpus * 1.2), 2048, gpus + 1),
    partitions: fc.constantFrom(null, null, catalogPartitions(name)),
  });
});

const onGenerated: fc.Arbitrary<Drawn> = fc.record({
  topology: fc.oneof(smallTopology, wideTopology),
  earlier: fc.array(requests(6, 4, 2), { maxLength: 3 }),
  request: requests(24, 24, 6),
  partitions: fc.constant(null),
});

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

/** Holds every way of a refusal against what mending does; counts the codes that were met. */
function checkWays(host: HostState, request: Request, met: Tally<RefusalCode>): void {
  const placed = place([host], request);
  if (placed.kind === "Plan") return;
  const ways = placed.hosts[0]?.ways ?? [];
  expect(ways.length).toBeGreaterThan(0);
  expect(ways.length).toBeLessThanOrEqual(3);
  const before: Case = { host, request };
  for (const way of ways) {
    const { nodes, reasons } = way;
    for (const { code } of reasons) count(met, code);
    const outcome = (some: typeof reasons): boolean =>
      mendedCases(before, way, some).some((one) => fitsOn(one, nodes));
    expect({ way, all: outcome(reasons) }).toEqual({ way, all: true });
    for (const left of reasons) {
      // Isolation is mended by asking for less of it, and then no cache need be known.
      const isMendedToo =
        left.code === "cache-unknown" && reasons.some(({ code }) => code === "isolation-conflict");
      if (isMendedToo) continue;
      const others = reasons.filter((one) => one !== left);
      expect({ way, left, fits: outcome(others) }).toEqual({ way, left, fits: false });
    }
  }
}

const seed = 1_620_261;

test("on every catalog machine each cause of a way is needed, and all of them suffice", () => {
  const met: Tally<RefusalCode> = new Map();
  fc.assert(
    fc.property(onCatalog, (drawn) => checkWays(hostOf(drawn), drawn.request, met)),
    { numRuns: 80, seed },
  );
  for (const code of usual)
    expect({ code, met: countOf(met, code) > 0 }).toEqual({ code, met: true });
});

test("on generated machines each cause of a way is needed, and all of them suffice", () => {
  const met: Tally<RefusalCode> = new Map();
  fc.assert(
    fc.property(onGenerated, (drawn) => checkWays(hostOf(drawn), drawn.request, met)),
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
] as const;

const untold = [
  "accelerator-node-unknown",
  "nics-unknown",
  "memory-unknown",
  "cache-unknown",
] as const;
