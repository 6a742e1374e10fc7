import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hostWith } from "../../../testing/placement/placed-vms.ts";
import { smallRequest } from "../../../testing/placement/arbitrary-occupancy.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { smallTopology, wideTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { misplaced } from "../../../testing/topology/draw/misplaced.ts";
import { partsAbout, svgTree } from "../../../testing/topology/draw/svg-tree.ts";
import type { HostState } from "../../plan/host-state.ts";
import type { Holding } from "../../plan/holding.ts";
import type { Request } from "../../request/request.ts";
import { indices } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { drawTenancy } from "../../topology/draw/draw-tenancy.ts";
import { drawTopology } from "../../topology/draw/draw-topology.ts";
import { sceneOf } from "../../topology/draw/scene.ts";
import { drawSvg } from "../../topology/draw/svg/draw-svg.ts";
import { svgLayout } from "../../topology/draw/svg/layout.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Topology } from "../../topology/topology.ts";
import { GiB } from "../../unit/bytes.ts";
import { tenancyOf } from "./tenancy-of-host.ts";

const times = (count: number, request: Request): readonly Request[] =>
  Array.from({ length: count }, () => request);

/** Machines of odd shapes, full of VMs. */
const odd: readonly (readonly [string, Topology, readonly Request[]])[] = [
  [
    "sixteen packages",
    syntheticTopology(
      "package:16 core:8 thread:2 memory:64Gi hugepages:40x1Gi distances:10/21",
      "packages",
    ),
    times(30, requestOf({ vcpus: 6, memoryBytes: 12 * GiB })),
  ],
  [
    "nodes without CPUs",
    syntheticTopology(
      "package:2 core:8 memory:64Gi cxl:128Gi(distance:28)@0 distances:10/20 root[gpu:l40s nic:cx7]@?",
      "without",
    ),
    times(3, requestOf({ vcpus: 4, memoryBytes: 24 * GiB, hugepageBytes: null })),
  ],
  [
    "32 GPUs",
    syntheticTopology(
      `package:2 node:4 core:16 thread:2 memory:256Gi hugepages:200x1Gi distances:10/12/32
       root*2[switch[gpu:h100-sxm*2 nic:cx7]] nvlink:18`,
      "gpus",
    ),
    times(32, requestOf({ vcpus: 6, memoryBytes: 40 * GiB, accelerators: accelerators(1) })),
  ],
  [
    "no GPUs",
    syntheticTopology("package:2 l3:4 core:4 thread:2 memory:64Gi distances:10/21", "none"),
    times(5, requestOf({ vcpus: 4, memoryBytes: 8 * GiB, hugepageBytes: null, isolation: "l3" })),
  ],
  [
    "nodes in a shared cache",
    syntheticTopology(
      "package:2 l3:1 node:4 core:14 memory:128Gi hugepages:80x1Gi distances:10/12/21 root[gpu:l40s]@0,2",
      "shared",
    ),
    times(4, requestOf({ vcpus: 8, memoryBytes: 100 * GiB, locality: "preferred" })),
  ],
  [
    "128 VMs on shared cores",
    syntheticTopology("package:2 core:64 thread:2 memory:1Ti distances:10/21", "crowd"),
    times(
      128,
      requestOf({ vcpus: 1, memoryBytes: 4 * GiB, hugepageBytes: null, isolation: "shared" }),
    ),
  ],
];

/** A drawing that lies well, has everything once, and texts that keep to their widths. */
function expectGood({ topology, ...rest }: HostState, width: number): void {
  const host = { topology, ...rest };
  const newcomer = host.taken.at(-1) ?? null;
  const before = { ...host, taken: host.taken.slice(0, -1) };
  const tenancy = tenancyOf(before, newcomer);
  expect(misplaced(svgLayout(sceneOf(topology, { tenancy, all: width % 2 === 0 }), width))).toEqual(
    [],
  );
  const picture = svgTree(drawSvg(topology, { width, tenancy }));
  const cores = [...partsAbout(picture, "cores").keys()].flatMap((list) => indices(setOf(list)));
  expect(cores.toSorted((a, b) => a - b)).toEqual(topology.cores.map(({ id }) => id));
  expect([...partsAbout(picture, "tenant").keys()]).toEqual(tenancy.vms.map(({ name }) => name));
  for (const columns of [80, 120, 200]) {
    for (const draw of [drawTopology, drawTenancy]) {
      const lines = draw(topology, { width: columns, tenancy }).split("\n");
      const widths = lines.map((one) => Array.from(one).length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
    }
  }
}

test.each(odd)("%s, full of VMs", (_, topology, requests) => {
  const host = hostWith(topology, requests);
  expect(host.taken.length).toBeGreaterThan(1);
  for (const width of [640, 1281]) expectGood(host, width);
});

test("any machine with VMs lies well at any width", () => {
  fc.assert(
    fc.property(
      fc.oneof(smallTopology, wideTopology),
      fc.array(smallRequest, { maxLength: 4 }),
      fc.integer({ min: 480, max: 2000 }),
      (topology, requests, width) => {
        expectGood(hostWith(topology, requests), width);
      },
    ),
    { numRuns: 60 },
  );
});

test("a device that can be given to nobody is not said to be free", () => {
  const topology = syntheticTopology("package:2 core:8 memory:64Gi root[gpu:l40s nic:cx7]@?");
  const tenancy = tenancyOf(hostWith(topology, []));
  expect(drawSvg(topology, { tenancy })).not.toContain(">free<");
  expect(drawTopology(topology, { width: 100, tenancy })).toMatch(/GPU0 {4}L40S/);
});

test("a table of many nodes says who is on each, also on a narrow terminal", () => {
  const topology = syntheticTopology(
    `package:4 node:8 core:16 thread:2 memory:256Gi hugepages:200x1Gi distances:10/12/32
     root[gpu:l40s nic:cx7]`,
    "many",
  );
  const request = requestOf({ vcpus: 6, memoryBytes: 40 * GiB, accelerators: accelerators(1) });
  const host = hostWith(topology, times(3, request));
  const text = drawTopology(topology, { width: 80, tenancy: tenancyOf(host) });
  expect(text).toMatch(/^0 +0 +A +12\/16 +GPU0 1 NIC +256 GiB +160\/200 × 1 GiB/m);
  expect(text).toMatch(/^3 +0 +15\/16 +GPU3 1 NIC +256 GiB +200\/200 × 1 GiB/m);
});

test("a running VM without a plan is drawn with what it holds, and its pages are not free", () => {
  const topology = syntheticTopology(
    "package:2 core:4 memory:32Gi hugepages:10/16x1Gi distances:10/20 root[gpu:l40s]",
    "live",
  );
  const [gpu] = topology.accelerators;
  const stranger: Holding = {
    name: "stranger",
    pid: 7,
    plan: null,
    vcpus: [
      { count: 1, cpus: "2" },
      { count: 2, cpus: "0-7" },
    ],
    memory: [{ node: 0, pageBytes: GiB, bytes: 6 * GiB }],
    devices: [gpu?.address ?? ""],
  };
  const host = { ...hostWith(topology, []), held: [stranger] };
  const text = drawTopology(topology, { width: 120, tenancy: tenancyOf(host) });
  expect(text).toContain("stranger");
  expect(text).toMatch(/GPU0 {2}A/);
  expect(text).toContain("10 of 16 × 1 GiB pages");
  // It is pinned to one core, and may run on all.
  expect(text).toContain("1 core, floats over 3 cores, 6 GiB in 1 GiB pages, GPU0");
});
