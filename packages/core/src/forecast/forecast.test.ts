import * as fc from "fast-check";
import { expect, test } from "vitest";
import { smallRequest } from "../../testing/placement/arbitrary-occupancy.ts";
import { hostWith } from "../../testing/placement/placed-vms.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { smallTopology } from "../../testing/topology/arbitrary-machine.ts";
import { place } from "../fleet/place.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Plan } from "../plan/plan.ts";
import { defaultHostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { localities, workloads } from "../request/virtual-machine.ts";
import { catalogMachine } from "../topology/catalog/catalog.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { at, valueOf } from "../unit/list.ts";
import { GiB } from "../unit/bytes.ts";
import type { Forecast } from "./forecast-document.ts";
import { forecastOf } from "./forecast.ts";
import { neighboursOf } from "./neighbours.ts";

const machine = fc.oneof(
  { weight: 1, arbitrary: smallTopology },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        "package:2 core:8 thread:2 memory:64Gi hugepages:48x1Gi distances:10/32 root*4[gpu:l40s nic:cx7]",
        "package:2 core:8 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root*2[gpu:h100-sxm nic:cx7]",
        "package:2 node:2 core:4 thread:1 memory:32Gi hugepages:24x1Gi distances:10/12/32 root[switch[gpu:h100-sxm*2 nic:cx7]]",
      )
      .map((text) => syntheticTopology(text)),
  },
);

/** Requests that leave room for others; now and then one of the odd ones. */
const easyRequest = fc.oneof(
  { weight: 1, arbitrary: smallRequest },
  {
    weight: 4,
    arbitrary: fc
      .record({
        gpus: fc.nat(2),
        nics: fc.nat(1),
        vcpus: fc.integer({ min: 1, max: 6 }),
        gib: fc.integer({ min: 1, max: 4 }),
        locality: fc.constantFrom(...localities, "strict" as const),
        workload: fc.constantFrom(...workloads),
      })
      .map(({ gpus, nics, gib, ...rest }) =>
        requestOf({
          ...rest,
          accelerators: accelerators(gpus),
          nics: { count: nics, rdma: false },
          memoryBytes: gib * GiB,
        }),
      ),
  },
);

/** A VM placed beside some others; null where there is no room. */
function admitted(host: HostState, request: Request): Plan | null {
  const answer = place([host], { ...request, name: "new" });
  return answer.kind === "Plan" ? answer : null;
}

test("without neighbours a forecast is the plan's own slowdown, or what remote memory costs; a lone VM on its own node has 1", () => {
  let onOneNode = 0;
  let remote = 0;
  fc.assert(
    fc.property(machine, easyRequest, (topology, request) => {
      const host = { topology, taken: [], policy: defaultHostPolicy };
      const plan = admitted(host, request);
      if (plan === null) return;
      const { vms, unknown } = forecastOf(host, plan);
      const [own, ...others] = vms;
      expect(others).toEqual([]);
      const { slowdownAfter, remoteShare, basis } = at(vms, 0);
      expect(slowdownAfter).toBeGreaterThanOrEqual(plan.cost.slowdown);
      if (remoteShare === 0) expect(slowdownAfter).toBe(plan.cost.slowdown);
      else {
        remote++;
        // Never as fast as the best: dearer, or not known.
        if (slowdownAfter === 1) {
          expect(basis).toBe("unknown");
          expect(unknown.map(({ what }) => what)).toContain("what its remote memory costs new");
        }
      }
      expect(own).toMatchObject({
        slowdownBefore: null,
        slowdownBusy: slowdownAfter,
        bottleneck: null,
        parts: { hostToDevice: 1, memory: 1, peer: 1, network: 1 },
      });
      if (plan.cells.length > 1 || request.locality !== "strict") return;
      onOneNode++;
      expect(own?.slowdownAfter).toBe(1);
    }),
    { numRuns: 60 },
  );
  expect(onOneNode).toBeGreaterThan(2);
  expect(remote).toBeGreaterThan(2);
});

test("where even the best place has remote memory, a forecast has the price that the plan tells", () => {
  const topology = catalogMachine("hgx-h100");
  if (topology === null) throw new Error("it is in the catalog");
  const host = { topology, taken: [], policy: defaultHostPolicy };
  const request = requestOf({
    accelerators: accelerators(1),
    vcpus: 8,
    memoryBytes: 400 * GiB,
    hugepageBytes: null,
    locality: "preferred",
  });
  const asked = [request, { ...request, memoryBytes: 252 * GiB + 2 ** 21 }];
  const [far, barely] = asked.map((one) => {
    const plan = admitted(host, one);
    if (plan === null) throw new Error("it fits");
    expect(plan.cost.slowdown).toBe(1);
    return { reasons: plan.reasons.join(" "), own: at(forecastOf(host, plan).vms, 0) };
  });
  if (far === undefined) throw new Error("there are two");
  const { slowdownAfter, basis } = far.own;
  expect(basis).toBe("modelled");
  expect(far.reasons).toContain(
    `predicted to be ${Math.round((slowdownAfter - 1) * 1000) / 10} % slower`,
  );
  expect(barely?.reasons).toContain("the cost model knows no price for that");
  expect(barely?.own).toMatchObject({ slowdownAfter: 1, basis: "unknown" });
  // The limit holds for it too, and what it says is enough is.
  const limited = place([{ ...host, policy: { ...defaultHostPolicy, maxSlowdown: 1.1 } }], request);
  expect(limited).toMatchObject({
    hosts: [{ ways: [{ reasons: [{ code: "slowdown-exceeded", has: slowdownAfter }] }] }],
  });
});

test("admitting a VM makes nobody faster, and one neighbour more never helps the new one", () => {
  let slowed = 0;
  fc.assert(
    fc.property(machine, fc.array(easyRequest, { maxLength: 4 }), easyRequest, (...given) => {
      const [topology, requests, request] = given;
      const host = hostWith(topology, requests);
      const plan = admitted(host, request);
      if (plan === null) return;
      const forecast = forecastOf(host, plan);
      expect(forecast.vms).toHaveLength(host.taken.length + 1);
      for (const one of forecast.vms) {
        const { slowdownBefore, slowdownAfter, slowdownBusy } = one;
        const before = slowdownBefore === null ? 1 : slowdownBefore;
        expect(slowdownAfter).toBeGreaterThanOrEqual(before);
        expect(slowdownBusy).toBeGreaterThanOrEqual(slowdownAfter);
        expect(Math.min(...Object.values(one.parts))).toBeGreaterThanOrEqual(1);
        const { latencyBeforeNs, latencyAfterNs } = one;
        if (latencyBeforeNs !== null && latencyAfterNs !== null) {
          expect(latencyAfterNs).toBeGreaterThanOrEqual(latencyBeforeNs);
        }
        if (slowdownAfter > before) slowed++;
      }
      for (let i = 1; i <= host.taken.length; i++) {
        const fewer = forecastOf({ ...host, taken: host.taken.slice(0, -i) }, plan);
        for (const [j, one] of fewer.vms.entries()) {
          expect(at(forecast.vms, j).slowdownAfter).toBeGreaterThanOrEqual(one.slowdownAfter);
        }
      }
    }),
    { numRuns: 60 },
  );
  expect(slowed).toBeGreaterThan(2);
});

test("VMs that share no resource slow each other not at all", () => {
  let apart = 0;
  fc.assert(
    fc.property(machine, easyRequest, easyRequest, (topology, first, second) => {
      const host = hostWith(topology, [{ ...first, locality: "strict" }]);
      const plan = admitted(host, { ...second, locality: "strict" });
      const [running] = host.taken;
      if (plan === null || running === undefined) return;
      const neighbours = neighboursOf(host);
      const hops = (of: Plan): readonly number[] =>
        neighbours.loaded(of)?.flows.flows.flatMap(({ path }) => path.hops) ?? [];
      const shared = hops(plan).filter((hop) => hops(running).includes(hop));
      const { vms } = forecastOf(host, plan);
      for (const { bottleneck } of vms) {
        if (bottleneck === null) continue;
        const names = shared.map((hop) => at(neighbours.machine.resources, hop).name);
        expect(names).toContain(bottleneck.resource);
      }
      if (shared.length > 0) return;
      apart++;
      expect(vms.map(({ slowdownAfter }) => slowdownAfter)).toEqual([
        plan.cost.slowdown,
        running.cost.slowdown,
      ]);
    }),
    { numRuns: 60 },
  );
  expect(apart).toBeGreaterThan(2);
});

/** A topology, or a plan on it, with other numbers for its nodes. */
function renumbered(topology: Topology, ids: readonly number[]): Topology {
  const named = new Map(topology.nodes.map(({ id }, i) => [id, at(ids, i)]));
  const order = [...named.values()].toSorted((a, b) => a - b).map((id) => ids.indexOf(id));
  const of = <T extends { readonly node: number | null }>(one: T): T => ({
    ...one,
    node: one.node === null ? null : valueOf(named, one.node),
  });
  return {
    ...topology,
    nodes: order.map((i) => ({ ...at(topology.nodes, i), id: at(ids, i) })),
    distances:
      topology.distances &&
      order.map((i) => order.map((j) => at(at(topology.distances ?? [], i), j))),
    access: topology.access.map((one) => ({
      ...one,
      initiator: valueOf(named, one.initiator),
      target: valueOf(named, one.target),
    })),
    cores: topology.cores.map(of),
    pci: topology.pci.map(of),
  };
}

function renumberedPlan(plan: Plan, topology: Topology, ids: readonly number[]): Plan {
  const named = new Map(topology.nodes.map(({ id }, i) => [id, at(ids, i)]));
  return {
    ...plan,
    cells: plan.cells.map((cell) => ({
      ...cell,
      hostNode: valueOf(named, cell.hostNode),
      memoryOnNodes: cell.memoryOnNodes.map(({ node, bytes }) => ({
        node: valueOf(named, node),
        bytes,
      })),
    })),
    devices: plan.devices.map((one) => ({
      ...one,
      node: one.node === null ? null : valueOf(named, one.node),
    })),
  };
}

test("other numbers for the nodes change nothing", () => {
  const figures = ({ vms }: Forecast): unknown =>
    vms.map(({ slowdownBefore, slowdownAfter, slowdownBusy, basis }) => [
      slowdownBefore,
      slowdownAfter,
      slowdownBusy,
      basis,
    ]);
  fc.assert(
    fc.property(
      machine,
      fc.array(easyRequest, { maxLength: 3 }),
      easyRequest,
      fc.infiniteStream(fc.nat(1000)),
      (topology, requests, request, numbers) => {
        const host = hostWith(topology, requests);
        const plan = admitted(host, request);
        if (plan === null) return;
        const ids = new Set<number>();
        while (ids.size < topology.nodes.length) ids.add(Number(numbers.next().value));
        const other = renumbered(topology, [...ids]);
        const moved = (one: Plan): Plan => renumberedPlan(one, topology, [...ids]);
        const there = { ...host, topology: other, taken: host.taken.map(moved) };
        expect(figures(forecastOf(there, moved(plan)))).toEqual(figures(forecastOf(host, plan)));
      },
    ),
    { numRuns: 50 },
  );
});

test("whose load nobody knows is named, and every figure is a lower bound then", () => {
  const topology = catalogMachine("hgx-h100");
  if (topology === null) throw new Error("the catalog has it");
  const one = requestOf({ accelerators: accelerators(1), memoryBytes: 16 * GiB });
  const host = hostWith(topology, [one, one]);
  const plan = admitted(host, one);
  if (plan === null) throw new Error("it fits");
  const [first, second] = host.taken;
  if (first === undefined || second === undefined) throw new Error("both fit");
  const stranger = { name: "stray", pid: 7, plan: null, vcpus: [], memory: [], devices: [] };
  const old = { ...second, workload: null, profile: null };
  const forecast = forecastOf({ ...host, taken: [first, old], held: [stranger] }, plan);
  expect(forecast.vms.map(({ vm, basis }) => [vm, basis])).toEqual([
    ["new", "unknown"],
    ["vm-0", "unknown"],
  ]);
  expect(forecast.unknown.slice(0, 2)).toEqual([
    { what: "what vm-1 moves", why: "its plan does not tell its workload" },
    { what: "what stray moves", why: "it runs without a plan" },
  ]);
});

test("two VMs that copy over one switch's uplink each get half of it, and it is named", () => {
  const topology = catalogMachine("l40s-pcie");
  if (topology === null) throw new Error("the catalog has it");
  const copies = {
    name: "copies",
    computeNs: 0,
    hostToDeviceBytes: 2 ** 30,
    deviceToHostBytes: 0,
    peerBytes: 0,
    memoryBytes: 0,
    writeShare: 0,
    randomShare: 0,
    networkBytes: 0,
  };
  const one = requestOf({ accelerators: accelerators(1), memoryBytes: 16 * GiB, workload: copies });
  const host = hostWith(topology, [one]);
  const plan = admitted(host, one);
  if (plan === null) throw new Error("it fits");
  const [first, second] = [plan, host.taken[0]].map((of) => of?.devices[0]?.switch);
  expect(first).toBe(second);
  for (const { slowdownAfter, parts, bottleneck, latencyAfterNs } of forecastOf(host, plan).vms) {
    expect([slowdownAfter, parts.hostToDevice, parts.memory]).toEqual([2, 2, 1]);
    expect(bottleneck).toMatchObject({
      resource: `uplink of the switch at ${first}, towards devices`,
      part: "hostToDevice",
      vms: 2,
    });
    const { askedBytesPerSecond = 0, capacityBytesPerSecond = 1 } = bottleneck ?? {};
    expect(askedBytesPerSecond / capacityBytesPerSecond).toBeCloseTo(2, 6);
    // Nothing that its vCPUs read is counted.
    expect(latencyAfterNs).toBeNull();
  }
});

test("of resources whose capacity nobody told three are named, and how many more there are", () => {
  const linksOf = (gpus: number): string | undefined => {
    const topology = syntheticTopology(
      "package:1 core:8 memory:64Gi hugepages:48x1Gi access:90(bandwidth:100G) root*2[gpu:l40s(link:?)]",
    );
    const host = hostWith(topology, []);
    const plan = admitted(
      host,
      requestOf({ accelerators: accelerators(gpus), workload: "staging" }),
    );
    if (plan === null) throw new Error("it fits");
    const [unknown, ...others] = forecastOf(host, plan).unknown;
    expect([unknown?.why, others]).toEqual(["nobody told", []]);
    const [a = "", b = ""] = plan.devices.map(({ address }) => address);
    return unknown?.what.replaceAll(a, "A").replaceAll(b || "none", "B");
  };
  expect(linksOf(1)).toBe("the bandwidth of PCIe link to A, PCIe link from A");
  expect(linksOf(2)).toBe(
    "the bandwidth of PCIe link to A, PCIe link from A, PCIe link to B and 1 more",
  );
});
