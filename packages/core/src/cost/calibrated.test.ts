import * as fc from "fast-check";
import { expect, test } from "vitest";
import { measuredOn, once } from "../../testing/calibration/measured-on.ts";
import { smallTopology } from "../../testing/topology/arbitrary-machine.ts";
import { emptyCalibration } from "../calibration/empty.ts";
import { topologyDigest } from "../topology/digest.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { at } from "../unit/list.ts";
import { calibrated } from "./calibrated.ts";
import { memoryPaths } from "./memory-path.ts";
import { costModel, type Placed } from "./placement-cost.ts";

const machine = syntheticTopology(
  "package:2 core:4 memory:64Gi distances:10/21 access:90 access:200(to:1)@0 access:90@1 " +
    "access:200(to:0)@1 root[gpu:l40s*2]",
);
const [a0 = "", a1 = "", b0 = "", b1 = ""] = machine.accelerators.map(({ address }) => address);

const full = measuredOn(machine, {
  latencyNs: (a, b) => (a === b ? 80 : 140),
  bytesPerSecond: (a, b) => (a === b ? 100e9 : 40e9),
  copyBytesPerSecond: (address, node) =>
    [a0, a1].includes(address) === (node === 0) ? 26e9 : 20e9,
});

const onNode = (memory: number, accelerators: readonly string[]): Placed => ({
  cells: [
    {
      share: 1,
      vcpuNodes: [{ node: 0, share: 1 }],
      memoryNodes: [{ node: memory, share: 1 }],
    },
  ],
  accelerators: accelerators.map((address) => ({ address, node: 0, cell: 0 })),
  nics: [],
});

test("a measurement prices memory, and is not mixed with what firmware claims", () => {
  const { topology, warnings } = calibrated(machine, full);
  expect(warnings).toEqual([]);
  expect(topology.calibration?.topologyDigest).toBe(topologyDigest(machine));
  expect(topologyDigest(topology)).toBe(topologyDigest(machine));
  // (140 / 80 + 100 / 40) / 2
  expect(memoryPaths(topology).relative(0, 1)).toEqual({ relative: 2.125, basis: "measured" });
  expect(memoryPaths(machine).relative(0, 1).basis).toBe("modelled");
  // A pair that was not measured keeps the firmware's claim, and the others are measured.
  const half = { ...full, memory: full.memory.filter(({ initiator }) => initiator === 0) };
  const partly = calibrated(machine, half);
  const bases = [0, 1].map((node) => memoryPaths(partly.topology).relative(node, 1 - node).basis);
  expect(bases).toEqual(["measured", "modelled"]);
  expect(partly.warnings).toEqual([
    "the own memory of node 1 was not measured, so its distances are modelled",
  ]);
});

test("a second calibration replaces the first", () => {
  const first = calibrated(machine, full).topology;
  const latencies = measuredOn(machine, { latencyNs: (a, b) => (a === b ? 100 : 300) });
  const { topology } = calibrated(first, latencies);
  expect(memoryPaths(topology).relative(0, 1)).toEqual({ relative: 3, basis: "measured" });
  expect(topology.calibration?.copies).toEqual([]);
});

test("bandwidths of one core and of all are never compared", () => {
  const cores = {
    readBytesPerSecond: once(9e9),
    writeBytesPerSecond: null,
    copyBytesPerSecond: null,
  };
  const mixed = full.memory.map((one) =>
    one.initiator === 0 && one.target === 1 ? { ...one, allCores: null, oneCore: cores } : one,
  );
  const { topology } = calibrated(machine, { ...full, memory: mixed });
  expect(memoryPaths(topology).relative(0, 1).relative).toBe(140 / 80);
  // The other pair was measured with all cores, as was the own memory of its node.
  expect(memoryPaths(topology).relative(1, 0).relative).toBe(2.125);
});

test("a pair of which only writes were measured is not one that was measured", () => {
  const writes = {
    readBytesPerSecond: null,
    writeBytesPerSecond: once(9e9),
    copyBytesPerSecond: null,
  };
  const memory = full.memory.map((one) =>
    one.initiator === 1 ? { ...one, readLatencyNs: null, allCores: writes } : one,
  );
  const { topology, warnings } = calibrated(machine, { ...full, memory });
  // What firmware claims stays beside what was measured, in order.
  const pairs = topology.access.map(
    ({ initiator, target, basis }) => `${initiator} ${target} ${basis}`,
  );
  expect(pairs).toEqual([
    "0 0 hmat",
    "0 0 measured",
    "0 1 hmat",
    "0 1 measured",
    "1 0 hmat",
    "1 1 hmat",
  ]);
  expect(warnings).toEqual([
    "the own memory of node 1 was not measured, so its distances are modelled",
  ]);
});

test("copies price the path to accelerators where all of a node's were measured", () => {
  const { topology } = calibrated(machine, full);
  const cost = costModel(topology, "staging").cost(onNode(1, [a0]));
  expect(cost.parts.hostToDevice).toBe(26 / 20);
  expect(cost.basis).toBe("measured");
  const [first, ...others] = full.copies;
  expect(first?.accelerator).toBe(a0);
  // One of the two on node 0 is missing: its copies are priced as reads, which is a model.
  const lacking = calibrated(machine, { ...full, copies: others }).topology;
  const modelled = costModel(lacking, "staging").cost(onNode(1, [a0]));
  expect(modelled.parts.hostToDevice).toBe(2.125);
  expect(modelled.basis).toBe("modelled");
  // Node 1's were all measured.
  expect(costModel(lacking, "staging").copyPath(1, 0)).toBe(26 / 20);
});

test("accelerators that a tool numbers are those of the vendor's numbers, or none", () => {
  const numbers = full.copies.map((one) => ({
    ...one,
    accelerator: null,
    index: [b1, b0, a1, a0].indexOf(one.accelerator ?? ""),
  }));
  const accelerators = machine.accelerators.map((one) => ({
    ...one,
    index: [b1, b0, a1, a0].indexOf(one.address),
  }));
  const known = { ...machine, accelerators };
  const { topology, warnings } = calibrated(known, { ...full, copies: numbers });
  expect(warnings).toEqual([]);
  expect(topology.calibration?.copies).toEqual(
    full.copies.map((one) => ({ ...one, index: [b1, b0, a1, a0].indexOf(one.accelerator ?? "") })),
  );
  const unequal = {
    ...machine,
    accelerators: machine.accelerators.map((one, i) => ({ ...one, model: `GPU ${i}` })),
  };
  const untold = { ...full, topologyDigest: null, copies: numbers };
  expect(calibrated(unequal, untold, { isOfThisMachine: true }).warnings).toEqual([
    "which accelerators the tool numbered is not known: copies to them price nothing",
  ]);
});

const noPeer = {
  from: null,
  fromIndex: null,
  to: null,
  toIndex: null,
  bytesPerSecond: null,
  bothWaysBytesPerSecond: null,
  latencyNs: null,
};

test("a calibration of another machine is refused with both digests, and one of none without a word", () => {
  const other = `sha256:${"1".repeat(64)}`;
  expect(() => calibrated(machine, { ...full, topologyDigest: other })).toThrow(
    expect.objectContaining({
      code: "calibration-of-another",
      message: `was measured on another machine (${other})`,
      expected: `one that was measured on ${machine.name} (${topologyDigest(machine)})`,
    }),
  );
  // The operator's word does not overrule the digest.
  expect(() =>
    calibrated(machine, { ...full, topologyDigest: other }, { isOfThisMachine: true }),
  ).toThrow(expect.objectContaining({ code: "calibration-of-another" }));
  const untied = { ...full, topologyDigest: null };
  expect(() => calibrated(machine, untied)).toThrow(
    expect.objectContaining({ code: "calibration-of-unknown" }),
  );
  const vouched = calibrated(machine, untied, { isOfThisMachine: true });
  expect(vouched).toEqual(calibrated(machine, full));
  const beyond = untied.memory.map((one) => ({ ...one, initiator: 7 }));
  expect(() =>
    calibrated(machine, { ...untied, memory: beyond }, { isOfThisMachine: true }),
  ).toThrow(expect.objectContaining({ code: "calibration-of-another", message: "names node 7" }));
  const peer = { ...noPeer, from: "0000:fe:00.0", to: "0000:ff:00.0" };
  const elsewhere = { ...untied, copies: [], peers: [peer] };
  expect(() => calibrated(machine, elsewhere, { isOfThisMachine: true })).toThrow(
    expect.objectContaining({
      code: "calibration-of-another",
      message: "names accelerator 0000:fe:00.0",
    }),
  );
  const [here] = machine.accelerators;
  const partly = { ...elsewhere, peers: [{ ...peer, from: here?.address ?? null }] };
  expect(calibrated(machine, partly, { isOfThisMachine: true }).warnings).toContain(
    `${machine.name} has no accelerator 0000:ff:00.0: figures of it price nothing`,
  );
});

test("times of emulated CPUs price nothing", () => {
  const emulated = { ...full, conditions: { ...full.conditions, isEmulated: true } };
  expect(calibrated(machine, emulated)).toEqual({
    topology: machine,
    warnings: [
      "the calibration is not used: it was measured on emulated CPUs, whose times mean nothing",
    ],
  });
});

test("on a machine of one node, figures of unknown nodes are its", () => {
  const lone = syntheticTopology("core:4 memory:64Gi");
  const given = {
    ...emptyCalibration("lat_mem_rd"),
    memory: [
      {
        initiator: null,
        target: null,
        readLatencyNs: once(95),
        oneCore: null,
        allCores: null,
        pageBytes: null,
        witness: null,
      },
    ],
  };
  const { topology } = calibrated(lone, given, { isOfThisMachine: true });
  expect(topology.access).toEqual([
    { initiator: 0, target: 0, readLatencyNs: 95, readBytesPerSecond: null, basis: "measured" },
  ]);
  const untold = calibrated(machine, given, { isOfThisMachine: true });
  expect(untold.warnings).toEqual(["figures of unknown nodes price nothing"]);
});

test("measured prices are those of the figures, by a second reckoning", () => {
  fc.assert(
    fc.property(
      smallTopology,
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 64, maxLength: 64 }),
      (topology, numbers) => {
        const ids = topology.nodes.map(({ id }) => id);
        const number = (a: number, b: number, of: number): number =>
          at(numbers, (ids.indexOf(a) * 8 + ids.indexOf(b) + of) % 64);
        const calibration = measuredOn(topology, {
          latencyNs: (a, b) => number(a, b, 0),
          bytesPerSecond: (a, b) => number(a, b, 17) * 1e9,
        });
        const { relative } = memoryPaths(calibrated(topology, calibration).topology);
        for (const a of ids) {
          for (const b of ids) {
            const latency = number(a, b, 0) / number(a, a, 0);
            const bandwidth = (number(a, a, 17) * 1e9) / (number(a, b, 17) * 1e9);
            const mean = (latency + bandwidth) / 2;
            expect(relative(a, b).relative).toBeCloseTo(
              ids.length === 1 ? 1 : Math.max(1, mean),
              9,
            );
          }
        }
      },
    ),
  );
});
