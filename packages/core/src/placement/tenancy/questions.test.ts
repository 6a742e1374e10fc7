import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hostWith } from "../../../testing/placement/placed-vms.ts";
import { smallRequest } from "../../../testing/placement/arbitrary-occupancy.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { smallTopology, wideTopology } from "../../../testing/topology/arbitrary-machine.ts";
import {
  partsAbout,
  partsWhere,
  type SvgPart,
  svgTree,
} from "../../../testing/topology/draw/svg-tree.ts";
import type { HostState } from "../../plan/host-state.ts";
import { functionsOf, isHugepage, type Plan } from "../../plan/plan.ts";
import { has } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { drawSvg } from "../../topology/draw/svg/draw-svg.ts";
import { drawTopology } from "../../topology/draw/draw-topology.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { PcieLink } from "../../topology/topology.ts";
import { numbersByAddress } from "../../topology/virtual-functions.ts";
import { formatBytes, GiB } from "../../unit/bytes.ts";
import { sumOf } from "../../unit/sum.ts";
import { tenancyOf } from "./tenancy-of-host.ts";

/** A host, the plan that is being placed on it, and the picture of both. */
interface Case {
  readonly host: HostState;
  readonly newcomer: Plan | null;
  readonly all: readonly Plan[];
  readonly picture: SvgPart;
}

/** The last VM that found a place is the one that is being placed. */
function caseOf(filled: HostState): Case {
  const newcomer = filled.taken.at(-1) ?? null;
  const host = { ...filled, taken: filled.taken.slice(0, -1) };
  const svg = drawSvg(host.topology, { tenancy: tenancyOf(host, newcomer) });
  return { host, newcomer, all: filled.taken, picture: svgTree(svg) };
}

const anyCase = fc
  .tuple(fc.oneof(smallTopology, wideTopology), fc.array(smallRequest, { maxLength: 5 }))
  .map(([topology, requests]) => caseOf(hostWith(topology, requests)));

/**
 * Two sockets, four GPUs, of which two run at half their width; the last VM has
 * memory on another node than its cores.
 */
const example = caseOf(
  hostWith(
    syntheticTopology(
      `package:2 core:8 thread:2 memory:64Gi hugepages:40/48x1Gi distances:10/21
       root[switch[gpu:l40s nic:cx7]] root[switch[gpu:l40s(link:4x8/4x16)]]`,
      "two",
    ),
    [
      requestOf({ accelerators: accelerators(2), vcpus: 6, memoryBytes: 16 * GiB }),
      requestOf({ vcpus: 2, memoryBytes: 4 * GiB }),
      requestOf({ accelerators: accelerators(1), vcpus: 4, memoryBytes: 8 * GiB }),
      requestOf({
        accelerators: accelerators(1),
        vcpus: 6,
        memoryBytes: 44 * GiB,
        locality: "preferred",
      }),
    ],
  ),
);

test("the example is what its description says", () => {
  expect(example.all.map(({ vm }) => vm)).toEqual(["vm-0", "vm-1", "vm-2", "vm-3"]);
});

const eachCase = (check: (one: Case) => void): void => {
  check(example);
  fc.assert(fc.property(anyCase, check), { numRuns: 60 });
};

test("which VM owns GPU 3?", () => {
  eachCase(({ host: { topology }, all, picture }) => {
    const boxes = partsAbout(picture, "accelerator");
    for (const [address, number] of numbersByAddress(topology)) {
      const owner = all.find(({ devices }) => devices.flatMap(functionsOf).includes(address));
      const box = boxes.get(address);
      expect(box?.text).toContain(`GPU${number}`);
      const named = box?.text.split("\n").filter((one) => /^vm-\d+$/.test(one));
      expect(named).toEqual(owner === undefined ? [] : [owner.vm]);
      if (owner === undefined) continue;
      // The list of VMs has it too, with the same sign.
      const entry = partsAbout(picture, "tenant").get(owner.vm);
      expect(entry?.text).toMatch(new RegExp(`GPU[\\d,-]*`));
      expect(box?.text.split("\n")).toContain(entry?.text.split("\n")[0]);
    }
  });
});

test("is its memory on its node?", () => {
  eachCase(({ all, picture }) => {
    const entries = partsAbout(picture, "tenant");
    for (const { vm, cells } of all) {
      const text = entries.get(vm)?.text.replaceAll("\n", " · ") ?? "";
      const away = cells.flatMap(({ hostNode, memoryOnNodes }) =>
        memoryOnNodes
          .filter(({ node, bytes }) => node !== hostNode && bytes > 0)
          .map(({ node, bytes }) => ({ hostNode, node, bytes })),
      );
      if (away.length > 0) expect(text).not.toContain("memory on its own node");
      for (const { hostNode, node, bytes } of away) {
        expect(text).toContain(`${formatBytes(bytes)} of memory`);
        expect(text).toMatch(new RegExp(`⚠ [^·]*for node ${hostNode} on node ${node}`));
      }
      if (away.length === 0 && !text.includes("⚠"))
        expect(text).toContain("memory on its own node");
    }
  });
  const spread = partsAbout(example.picture, "tenant").get("vm-3");
  expect(spread?.text).toContain("⚠ 4 GiB of memory for node 1 on node 0");
});

test("which node has free 1 GiB pages?", () => {
  eachCase(({ host: { topology }, all, picture }) => {
    const boxes = partsAbout(picture, "node");
    const promised = (node: number): number =>
      sumOf(
        all.flatMap(({ cells }) => cells.filter((cell) => cell.pageBytes === GiB)),
        ({ memoryOnNodes }) =>
          sumOf(memoryOnNodes, (part) => (part.node === node ? part.bytes : 0)),
      );
    for (const { id, cpus, hugepages } of topology.nodes) {
      const pool = hugepages?.find(({ sizeBytes, total }) => sizeBytes === GiB && total > 0);
      if (pool === undefined || pool.free === null || cpus === "") continue;
      const free = Math.max(0, Math.min(pool.free, pool.total - promised(id) / GiB));
      expect(boxes.get(`${id}`)?.text).toContain(`${free} of ${pool.total} × 1 GiB pages`);
    }
  });
});

const isBelow = (link: PcieLink | null): boolean =>
  link !== null &&
  [
    [link.speedGTs, link.maxSpeedGTs],
    [link.width, link.maxWidth],
  ].some(([now = null, most = null]) => now !== null && most !== null && now < most);

test("which link is below its maximum?", () => {
  eachCase(({ host: { topology }, picture }) => {
    const boxes = [...partsAbout(picture, "accelerator"), ...partsAbout(picture, "nic")];
    const links = new Map(topology.pci.map(({ address, link }) => [address, link]));
    for (const [address, box] of boxes) {
      expect(box.text.includes("▼")).toBe(isBelow(links.get(address) ?? null));
    }
    const drawn = boxes.some(([address]) => isBelow(links.get(address) ?? null));
    expect(picture.text.includes("▼ a link that runs below its maximum")).toBe(drawn);
  });
  expect(example.picture.text).toContain("▼ gen4 x8 of gen4 x16");
});

test("where would a VM go?", () => {
  eachCase(({ host: { topology }, newcomer, picture }) => {
    const isNew = ({ attributes }: SvgPart): boolean => attributes.get("class") === "vmNew";
    if (newcomer === null) {
      expect(partsWhere(picture, isNew)).toEqual([]);
      return;
    }
    expect(picture.text).toContain(`${newcomer.vm} placed here now`);
    // Its sign is in the boxes of all of its devices, and of no others.
    const boxes = [...partsAbout(picture, "accelerator"), ...partsAbout(picture, "nic")];
    const marked = boxes.filter(([, box]) => partsWhere(box, isNew).length > 0);
    const own = new Set(newcomer.devices.flatMap(functionsOf));
    expect(marked.map(([address]) => address).toSorted()).toEqual(
      boxes.flatMap(([address]) => (own.has(address) ? [address] : [])).toSorted(),
    );
    // And in the boxes of all nodes that it has pinned CPUs of.
    const nodes = [...partsAbout(picture, "node")].filter(
      ([, box]) => partsWhere(box, isNew).length > 0,
    );
    const cpus = newcomer.cells.flatMap(({ vcpus }) =>
      vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [vcpu.cpu] : [])),
    );
    for (const { id, cpus: list } of topology.nodes) {
      if (list === null || !cpus.some((cpu) => has(setOf(list), cpu))) continue;
      expect(nodes.map(([node]) => node)).toContain(`${id}`);
    }
  });
});

test.each([80, 120, 200])("the five answers in text of %i columns", (width) => {
  const { host, newcomer } = example;
  const text = drawTopology(host.topology, { width, tenancy: tenancyOf(host, newcomer) });
  expect(Math.max(...text.split("\n").map((one) => Array.from(one).length))).toBeLessThanOrEqual(
    width,
  );
  expect(text).toMatch(/GPU0 {2}A {2}L40S/);
  const flat = text.replaceAll("\n   ", " · ");
  expect(flat).toContain(
    "A  vm-0 · node 0: 3 cores, 16 GiB in 1 GiB pages, GPU0-1 · memory on its own node",
  );
  expect(flat).toMatch(/⚠ 4 GiB of memory for node 1 on node 0/);
  expect(text).toMatch(/free {2}\d+ of 8 cores · \d+ of 48 × 1 GiB pages/);
  expect(text).toContain("▼ gen4 x8 of gen4 x16");
  expect(text).toContain("▼ link below its maximum");
  expect(text).toMatch(/\+ {2}vm-3 placed here now/);
  expect(text).toMatch(/cores {3}h[A-C]*\++/);
});

test("an isolation that keeps cores from others shows them as kept, and pages of 2 MiB count too", () => {
  const host = hostWith(
    syntheticTopology("package:2 core:8 memory:8Gi hugepages:512x2Mi distances:10/20"),
    [requestOf({ vcpus: 2, memoryBytes: 64 * 2 ** 20, hugepageBytes: 2 ** 21, isolation: "node" })],
  );
  expect(host.taken.every(({ cells }) => cells.every((cell) => isHugepage(cell.pageBytes)))).toBe(
    true,
  );
  const text = drawTopology(host.topology, { width: 100, tenancy: tenancyOf(host) });
  expect(text).toContain("cores   hAAxxxxx");
  expect(text).toContain("free  0 of 8 cores · 480 of 512 × 2 MiB pages");
  expect(text).toContain("free  7 of 8 cores · 512 of 512 × 2 MiB pages");
  expect(text).toContain("x a core kept free by a VM's isolation");
});
