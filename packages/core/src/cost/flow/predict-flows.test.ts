import * as fc from "fast-check";
import { expect, test } from "vitest";
import { catalogMachine } from "../../topology/catalog/catalog.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import { flowMachine } from "./flow-machine.ts";
import { type Flow, type FlowPrediction, predictFlows } from "./predict-flows.ts";

const remoteLink =
  "access:80(bandwidth:110G)@0-1 access:139(to:1 bandwidth:34.4G)@0 access:139(to:0 bandwidth:34.4G)@1";
const four = syntheticTopology(
  `package:2 core:8 memory:64Gi ${remoteLink} root*4[gpu:a100-pcie]@0`,
);

function copiesFrom(topology: Topology, node: number, demand = Infinity): readonly Flow[] {
  const machine = flowMachine(topology, null);
  return topology.accelerators.map(({ address }) => ({
    name: address,
    path: machine.copyPath(address, [{ node, share: 1 }], "to-device"),
    demandBytesPerSecond: demand,
    streams: 1,
  }));
}

function readsOf(
  topology: Topology,
  cpus: number,
  memory: number,
  demand: number,
  streams = 8,
): Flow {
  const path = flowMachine(topology, null).memoryPath({
    cpuNodes: [{ node: cpus, share: 1 }],
    memoryNodes: [{ node: memory, share: 1 }],
    writeShare: 0,
  });
  return {
    name: `reads of node ${memory} from ${cpus}`,
    path,
    demandBytesPerSecond: demand,
    streams,
  };
}

const predicted = (topology: Topology, flows: readonly Flow[]): readonly FlowPrediction[] =>
  predictFlows(flowMachine(topology, null), flows);

const gigabytes = (rate: number | null): number => Number((Number(rate) / 1e9).toFixed(1));

test("four GPUs over one socket link get a quarter each, three times less than from their own node", () => {
  const near = predicted(four, copiesFrom(four, 0));
  const far = predicted(four, copiesFrom(four, 1));
  expect(near.map(({ assuredBytesPerSecond }) => gigabytes(assuredBytesPerSecond))).toEqual([
    26.2, 26.2, 26.2, 26.2,
  ]);
  expect(far.map(({ assuredBytesPerSecond }) => gigabytes(assuredBytesPerSecond))).toEqual([
    8.6, 8.6, 8.6, 8.6,
  ]);
  for (const { slowdown, bottleneck, basis } of far) {
    expect(slowdown).toBeCloseTo(26.24 / 8.6, 2);
    expect(bottleneck).toBe("link from package 1 to package 0");
    expect(basis).toBe("modelled");
  }
});

test("one GPU whose PCIe is narrower than the link loses nothing on the other node", () => {
  const [far] = predicted(four, copiesFrom(four, 1).slice(0, 1));
  const [near] = predicted(four, copiesFrom(four, 0).slice(0, 1));
  expect(far?.assuredBytesPerSecond).toBe(near?.assuredBytesPerSecond);
  expect(far).toMatchObject({ slowdown: 1, bottleneck: expect.stringContaining("PCIe link to") });
});

test("streams share fairly one by one, so that eight cores get eight times what one gets", () => {
  const flows = [readsOf(four, 0, 0, Infinity, 8), readsOf(four, 0, 0, Infinity, 3)];
  const [eight, three] = predicted(four, flows);
  expect(gigabytes(eight?.fairBytesPerSecond ?? null)).toBe(80);
  expect(gigabytes(three?.fairBytesPerSecond ?? null)).toBe(30);
});

test("a flow without streams, or of a demand below 0, is the caller's bug", () => {
  for (const flow of [readsOf(four, 0, 0, 1e9, 0), readsOf(four, 0, 0, -1)]) {
    expect(() => predicted(four, [flow])).toThrow("a flow has a demand, and streams");
  }
});

test("latency is that of the idle machine without load, and grows to at most the saturated one", () => {
  const latency = (demand: number): number =>
    Number(predicted(four, [readsOf(four, 0, 0, demand)])[0]?.latencyNs);
  expect(latency(0)).toBe(80);
  expect(latency(55e9)).toBeCloseTo(80 * (1 + (0.4 * 0.5) / (1 - (0.5 / 1.03) ** 4)), 6);
  expect(latency(1e12)).toBe(280);
});

test("flows with their demand on their own nodes have the slowdown 1 exactly, and no bottleneck", () => {
  for (const name of ["hgx-h100", "dgx-a100", "mi300x", "epyc-nps4", "gb200-tray"]) {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error(`no machine ${name}`);
    const nodes = topology.nodes.filter(({ cpus }) => cpus !== "").map(({ id }) => id);
    const flows = nodes.map((node) => readsOf(topology, node, node, 5e9));
    for (const one of predicted(topology, flows))
      expect(one).toMatchObject({ slowdown: 1, bottleneck: null });
  }
});

test("what nothing known limits is null, with the slowdown 1 and an unknown basis", () => {
  const topology = syntheticTopology("core:4 memory:8Gi gpumem:64Gi*1");
  const [one] = predicted(topology, [readsOf(topology, 0, 1, Infinity)]);
  expect(one).toMatchObject({
    fairBytesPerSecond: null,
    assuredBytesPerSecond: null,
    slowdown: 1,
    basis: "unknown",
  });
});

test("a flow of unknown path makes unknown what shares a resource with it, and nothing else", () => {
  const topology = syntheticTopology(
    `package:2 core:8 memory:64Gi ${remoteLink} root[gpu:l40s(link:?)]@0`,
  );
  const flows = [
    ...copiesFrom(topology, 0),
    readsOf(topology, 0, 0, 1e9),
    readsOf(topology, 1, 1, 1e9),
  ];
  expect(predicted(topology, flows).map(({ basis }) => basis)).toEqual([
    "unknown",
    "unknown",
    "modelled",
  ]);
});

/** Two packages with figures and GPUs of their own, in either order of nodes. */
function machineOf(
  rates: readonly (readonly number[])[],
  gpus: readonly number[],
  swapped: boolean,
): Topology {
  const order = swapped ? [1, 0] : [0, 1];
  const access = order.flatMap((from, row) =>
    order.map((to, column) => {
      const rate = at(at(rates, from), to);
      return `access:${from === to ? 80 : 140}(to:${column} bandwidth:${rate}G)@${row}`;
    }),
  );
  const roots = order.map((node, position) => `root*${at(gpus, node)}[gpu:l40s]@${position}`);
  return syntheticTopology(`package:2 core:4 memory:64Gi ${access.join(" ")} ${roots.join(" ")}`);
}

test("numbering the nodes the other way round changes no prediction", () => {
  const rate = fc.integer({ min: 20, max: 120 });
  const row = fc.tuple(rate, rate);
  const load = fc.record({
    cpus: fc.nat(1),
    memory: fc.nat(1),
    demand: fc.integer({ min: 1, max: 90 }),
  });
  fc.assert(
    fc.property(
      fc.tuple(row, row),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      fc.array(load, { minLength: 1, maxLength: 5 }),
      (rates, gpus, loads) => {
        const [here, there] = [false, true].map((swapped) => {
          const topology = machineOf(rates, gpus, swapped);
          const id = (node: number): number => (swapped ? 1 - node : node);
          const flows = loads.map(({ cpus, memory, demand }) =>
            readsOf(topology, id(cpus), id(memory), demand * 1e9),
          );
          const copies = topology.accelerators
            .map(({ address }, i) => ({
              flow: at(copiesFrom(topology, id(0)), i),
              node: topology.pci.find((one) => one.address === address)?.node,
            }))
            .toSorted((a, b) => id(Number(a.node)) - id(Number(b.node)))
            .map(({ flow }) => flow);
          return predicted(topology, [...flows, ...copies]);
        });
        for (const [i, one] of (here ?? []).entries()) {
          const other = at(there ?? [], i);
          for (const field of [
            "fairBytesPerSecond",
            "assuredBytesPerSecond",
            "slowdown",
            "latencyNs",
          ] as const) {
            if (one[field] === null) expect(other[field]).toBeNull();
            else expect(Math.abs(Number(other[field]) / one[field] - 1)).toBeLessThan(1e-9);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("one more flow lowers no latency and no slowdown of any other", () => {
  const load = fc.record({
    cpus: fc.nat(1),
    memory: fc.nat(1),
    demand: fc.integer({ min: 1, max: 90 }),
  });
  fc.assert(
    fc.property(fc.array(load, { minLength: 2, maxLength: 6 }), fc.nat(5), (loads, copied) => {
      const flows = [
        ...loads.map(({ cpus, memory, demand }) => readsOf(four, cpus, memory, demand * 1e9)),
        ...copiesFrom(four, 1).slice(0, copied),
      ];
      const [before, after] = [predicted(four, flows.slice(1)), predicted(four, flows)];
      for (const [i, one] of before.entries()) {
        const then = at(after, i + 1);
        expect(then.slowdown).toBeGreaterThanOrEqual(one.slowdown * (1 - 1e-9));
        expect(Number(then.latencyNs)).toBeGreaterThanOrEqual(Number(one.latencyNs) * (1 - 1e-9));
      }
    }),
    { numRuns: 200 },
  );
});

test("a full host of eight GPUs takes far less than five milliseconds", () => {
  const topology = catalogMachine("hgx-h100");
  if (topology === null) throw new Error("no machine");
  const machine = flowMachine(topology, null);
  const flows = [0, 1].flatMap((node) => copiesFrom(topology, node));
  const times = Array.from({ length: 20 }, () => {
    const started = performance.now();
    predictFlows(machine, flows);
    return performance.now() - started;
  });
  // The least: this machine may be busy with others.
  expect(Math.min(...times)).toBeLessThan(5);
});
