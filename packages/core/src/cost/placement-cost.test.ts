import * as fc from "fast-check";
import { expect, test } from "vitest";
import { workloads } from "../request/virtual-machine.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { smallTopology } from "../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import {
  costModel,
  type NodeShare,
  type Placed,
  planCost,
  type RawCost,
} from "./placement-cost.ts";
import { sum } from "../unit/sum.ts";

/** Two packages, each with one switch that holds two accelerators and a NIC; no NVLink. */
const pcieMachine = syntheticTopology(
  "package:2 core:4 thread:2 memory:64Gi distances:10/21 root[switch:pex880xx[gpu:l40s*2 nic:cx7]]",
);
const [a0 = "", a1 = "", b0 = "", b1 = ""] = pcieMachine.accelerators.map((gpu) => gpu.address);
const [nicA = "", nicB = ""] = pcieMachine.nics.map((nic) => nic.address);

const on = (...nodes: readonly number[]): NodeShare[] =>
  nodes.map((node) => ({ node, share: 1 / nodes.length }));

const local: Placed = {
  cells: [{ share: 1, vcpuNodes: on(0), memoryNodes: on(0) }],
  accelerators: [{ address: a0, node: 0, cell: 0 }],
  nics: [nicA],
};

test("a placement with only nearest paths costs 1 in every part and as a whole", () => {
  for (const workload of workloads) {
    const cost = costModel(pcieMachine, workload).cost(local);
    expect(cost.parts).toEqual({ hostToDevice: 1, memory: 1, peer: 1, network: 1 });
    expect(cost.total).toBeCloseTo(1, 12);
    expect(cost.basis).toBe("modelled");
  }
});

test("a quarter of the memory astray, worked out by hand", () => {
  const cell = {
    share: 1,
    vcpuNodes: on(0),
    memoryNodes: [
      { node: 0, share: 0.75 },
      { node: 1, share: 0.25 },
    ],
  };
  const cost = costModel(pcieMachine, "inference").cost({ ...local, cells: [cell] });
  // Three quarters at 1 and one at 2 make 1.25, both for the vCPUs (0.3) and for copies (0.25).
  expect(cost.parts).toEqual({ hostToDevice: 1.25, memory: 1.25, peer: 1, network: 1 });
  expect(cost.total).toBeCloseTo(1 + 0.55 * 0.25, 12);
});

test("a floating VM whose memory lies away from its accelerators, worked out by hand", () => {
  const floating: Placed = {
    cells: [{ share: 1, vcpuNodes: on(0, 1), memoryNodes: on(0) }],
    accelerators: [
      { address: b0, node: 1, cell: 0 },
      { address: b1, node: 1, cell: 0 },
    ],
    nics: [nicA],
  };
  const cost = costModel(pcieMachine, "training").cost(floating);
  // Half of the vCPUs reach at 1, half at 2; all copies at 2; the pair shares a switch; the NIC
  // is between packages for both accelerators, and they are for it: 1.5 three times.
  expect(cost.parts).toEqual({ hostToDevice: 2, memory: 1.5, peer: 1, network: 1.5 });
  expect(cost.total).toBeCloseTo(0.15 * 2 + 0.15 * 1.5 + 0.4 * 1 + 0.3 * 1.5, 12);
});

test("two cells count by their shares, and each accelerator by its own cell", () => {
  const cost = costModel(pcieMachine, "staging").cost({
    cells: [
      { share: 0.75, vcpuNodes: on(0), memoryNodes: on(0) },
      { share: 0.25, vcpuNodes: on(1), memoryNodes: on(0) },
    ],
    accelerators: [
      { address: a0, node: 0, cell: 0 },
      { address: a1, node: 0, cell: 0 },
      { address: b0, node: 1, cell: 1 },
    ],
    nics: [],
  });
  expect(cost.parts.memory).toBeCloseTo(0.75 * 1 + 0.25 * 2, 12);
  expect(cost.parts.hostToDevice).toBeCloseTo((1 + 1 + 2) / 3, 12);
  // One pair on a switch at 1, two between packages at 24 / 16.
  expect(cost.parts.peer).toBeCloseTo((1 + 1.5 + 1.5) / 3, 12);
  expect(cost.parts.network).toBe(1);
});

test("each accelerator looks for its nearest NIC and each NIC for its nearest accelerator", () => {
  const { network, networkPair } = costModel(pcieMachine, "inference");
  expect(networkPair(a0, nicA)).toBe(1);
  expect(networkPair(a0, nicB)).toBe(1.5);
  // By position: 0 and 2 are the first accelerators of the two packages.
  expect(network([0, 2], [0])).toBeCloseTo((1 + 1.5 + 1) / 3, 12);
  expect(network([0], [0, 1])).toBeCloseTo((1 + 1 + 1.5) / 3, 12);
  expect(network([0, 2], [0, 1])).toBe(1);
  expect(network([], [0])).toBe(1);
  expect(network([0], [])).toBe(1);
});

test("peers are held against the best pair of the machine", () => {
  const { peerPair } = costModel(pcieMachine, "inference");
  expect([peerPair(a0, a1), peerPair(a0, b0)]).toEqual([1, 1.5]);
  const linked = syntheticTopology(
    "package:2 core:4 memory:64Gi distances:10/21 root[gpu:a100-sxm*2] nvlink:6(among:0,1)",
  );
  const [first = "", second = "", third = ""] = linked.accelerators.map((gpu) => gpu.address);
  const model = costModel(linked, "inference");
  expect(model.peerPair(first, second)).toBe(1);
  // 6 lanes of 20 against 16 between packages.
  expect(model.peerPair(first, third)).toBeCloseTo(120 / 16, 12);
  expect(model.peer([0, 1, 2])).toBeCloseTo((1 + 7.5 + 7.5) / 3, 12);
  expect(model.peer([0])).toBe(1);
});

test("a cost is measured only where all its paths are measured", () => {
  const access = [0, 1].flatMap((initiator) =>
    [0, 1].map((target) => ({
      initiator,
      target,
      readLatencyNs: initiator === target ? 80 : 120,
      readBytesPerSecond: null,
      basis: "measured" as const,
    })),
  );
  const model = costModel({ ...pcieMachine, access }, "compute");
  const cpusAlone = { ...local, accelerators: [], nics: [] };
  expect(model.cost(cpusAlone).basis).toBe("measured");
  expect(model.cost(local).basis).toBe("modelled");
  // The CPUs' reads are a model of the device's copies, which nobody has measured.
  expect(model.cost({ ...local, nics: [] }).basis).toBe("modelled");
  const lost = { ...local, accelerators: [{ address: a0, node: null, cell: 0 }] };
  expect(model.cost(lost)).toMatchObject({ basis: "unknown", parts: { hostToDevice: 2 } });
  // A path without a share of the placement does not count for its basis.
  const cells = [{ share: 1, vcpuNodes: on(0), memoryNodes: [...on(0), { node: 9, share: 0 }] }];
  expect(model.cost({ ...cpusAlone, cells }).basis).toBe("measured");
});

/** Shares of a machine's nodes that sum to 1. */
function arbitraryShares(topology: Topology): fc.Arbitrary<NodeShare[]> {
  return fc
    .array(fc.integer({ min: 0, max: 9 }), {
      minLength: topology.nodes.length,
      maxLength: topology.nodes.length,
    })
    .map((weights) => {
      const total = sum(weights);
      return topology.nodes.map(({ id }, i) => {
        return { node: id, share: total === 0 ? 1 / weights.length : at(weights, i) / total };
      });
    });
}

const placedSomehow = smallTopology
  .filter((topology) => topology.nodes.length > 0)
  .chain((topology) =>
    fc.record({
      topology: fc.constant(topology),
      workload: fc.constantFrom(...workloads),
      placed: fc.record<Placed>({
        cells: fc
          .array(
            fc.record({
              share: fc.constant(0),
              vcpuNodes: arbitraryShares(topology),
              memoryNodes: arbitraryShares(topology),
            }),
            { minLength: 1, maxLength: 3 },
          )
          .map((cells) => cells.map((cell) => ({ ...cell, share: 1 / cells.length }))),
        accelerators: fc.subarray([...topology.accelerators]).map((chosen) =>
          chosen.map(({ address }) => {
            const node = topology.pci.find((device) => device.address === address)?.node ?? null;
            return { address, node, cell: 0 };
          }),
        ),
        nics: fc.subarray(topology.nics.map((nic) => nic.address)),
      }),
    }),
  );

test("every part of every placement costs at least 1, and so does the whole", () => {
  fc.assert(
    fc.property(placedSomehow, ({ topology, workload, placed }) => {
      const { parts, total } = costModel(topology, workload).cost(placed);
      for (const part of [...Object.values(parts), total]) {
        expect(part).toBeGreaterThan(1 - 1e-9);
      }
    }),
  );
});

test("moving memory to a node that is farther for all its users never lowers the cost", () => {
  let farther = 0;
  fc.assert(
    fc.property(placedSomehow, fc.nat(), fc.nat(), fc.nat(), (example, i, j, k) => {
      const { topology, workload, placed } = example;
      const model = costModel(topology, workload);
      const nodeAt = (choice: number): number =>
        at(topology.nodes, choice % topology.nodes.length).id;
      const [user, a, b] = [nodeAt(i), nodeAt(j), nodeAt(k)];
      const users = [user, ...placed.accelerators.map(({ node }) => node)];
      const isFarther = (to: number, from: number): boolean =>
        users.every((node) => model.memoryPath(node, to) >= model.memoryPath(node, from));
      const [from, to] = isFarther(b, a) ? [a, b] : [b, a];
      if (from === to || !isFarther(to, from)) return;
      farther++;
      const withMemoryOn = (node: number): number => {
        const memoryNodes = [
          { node: from, share: 0.5 },
          { node, share: 0.5 },
        ];
        const cell = { share: 1, vcpuNodes: on(user), memoryNodes };
        return model.cost({ ...placed, cells: [cell] }).total;
      };
      expect(withMemoryOn(to)).toBeGreaterThan(withMemoryOn(from) - 1e-9);
    }),
    { numRuns: 2000 },
  );
  expect(farther).toBeGreaterThan(200);
});

test("the order in which cells, shares and devices are given changes nothing", () => {
  fc.assert(
    fc.property(placedSomehow, ({ topology, workload, placed }) => {
      const model = costModel(topology, workload);
      const last = placed.cells.length - 1;
      const turned: Placed = {
        cells: placed.cells
          .map((cell) => ({
            share: cell.share,
            vcpuNodes: cell.vcpuNodes.toReversed(),
            memoryNodes: cell.memoryNodes.toReversed(),
          }))
          .toReversed(),
        accelerators: placed.accelerators
          .map((accelerator) => ({ ...accelerator, cell: last - accelerator.cell }))
          .toReversed(),
        nics: placed.nics.toReversed(),
      };
      const [before, after] = [model.cost(placed), model.cost(turned)];
      expect(after.total).toBeCloseTo(before.total, 9);
      expect(after.basis).toBe(before.basis);
    }),
  );
});

const raw = (hostToDevice: number, peer: number, total: number): RawCost => ({
  parts: { hostToDevice, memory: 1, peer, network: 1 },
  total,
  basis: "modelled",
});

test("a plan's cost is relative to the best, rounded to four decimals", () => {
  expect(planCost(raw(2, 1, 1.25), raw(1.5, 1, 1.1))).toEqual({
    basis: "modelled",
    parts: { hostToDevice: 1.3333, memory: 1, peer: 1, network: 1 },
    slowdown: 1.1364,
  });
  expect(planCost(raw(1, 1.0000001, 1.00000004), raw(1, 1, 1)).slowdown).toBe(1);
  expect(planCost({ ...raw(1, 1, 1), basis: "unknown" }, raw(1, 1, 1)).basis).toBe("unknown");
});

test("a placement cheaper than the best is compared with itself", () => {
  const cost = planCost(raw(1, 1, 1), raw(2, 1, 1.25));
  expect(cost.slowdown).toBe(1);
  expect(cost.parts.hostToDevice).toBe(1);
});

test("the cost of memory on each node adds up to the cost of all memory", () => {
  fc.assert(
    fc.property(placedSomehow, ({ topology, workload, placed }) => {
      const model = costModel(topology, workload);
      const [cell] = placed.cells;
      if (cell === undefined) return;
      const deviceNodes = placed.accelerators.map(({ node }) => node);
      const accelerators = deviceNodes.length;
      const { vcpuNodes } = cell;
      const added = model.memoryOn({ share: 1, ofCell: 1, vcpuNodes, deviceNodes, accelerators });
      for (const [i, { id: node }] of topology.nodes.entries()) {
        const there = { share: 1, vcpuNodes, memoryNodes: [{ node, share: 1 }] };
        const { parts } = model.cost({ ...placed, cells: [there] });
        const copies = accelerators === 0 ? 0 : parts.hostToDevice;
        const { memory, hostToDevice } = model.weights;
        expect(added[i]).toBeCloseTo(memory * parts.memory + hostToDevice * copies, 9);
      }
    }),
  );
});
