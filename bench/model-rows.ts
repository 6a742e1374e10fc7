import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { emptyCalibration } from "@evenkeel/core/calibration/empty.ts";
import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { flowMachine } from "@evenkeel/core/cost/flow/flow-machine.ts";
import {
  type Flow,
  type FlowPrediction,
  predictFlows,
} from "@evenkeel/core/cost/flow/predict-flows.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { Access, Topology } from "@evenkeel/core/topology/topology.ts";
import { allKnown, at } from "@evenkeel/core/unit/list.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";

/** A prediction of the sharing model beside what somebody measured. */
export interface RowResult {
  readonly prediction: string;
  /** What the model was told, apart from the machine's shape. */
  readonly inputs: string;
  /** Null where nothing known limits it. */
  readonly predictedGBps: number | null;
  /** Null where nobody published it. */
  readonly measuredGBps: number | null;
  readonly error: number | null;
}

/** What is within this of the measured figure holds. */
export const rowBar = 0.05;

function result(
  prediction: string,
  inputs: string,
  predicted: number | null,
  measuredGBps: number | null,
): RowResult {
  const predictedGBps = predicted === null ? null : Number((predicted / 1e9).toPrecision(4));
  const error =
    measuredGBps === null || predictedGBps === null
      ? null
      : Number((Math.abs(predictedGBps - measuredGBps) / measuredGBps).toPrecision(3));
  return { prediction, inputs, predictedGBps, measuredGBps, error };
}

/** Rows are initiators, in GB/s. */
interface Matrix {
  readonly machine: string;
  readonly rows: readonly (readonly number[])[];
  /** All nodes reading their own memory at once; null where nobody published it. */
  readonly allLocal: number | null;
  /** The processor, where a package has several nodes and none of them fills the link. */
  readonly cpu?: string;
}

const published: readonly Matrix[] = [
  {
    machine: "2S SNC2 (plantegg)",
    rows: [
      [58.91, 59.07, 50.55, 50.48],
      [59.11, 58.88, 50.54, 50.48],
      [50.54, 50.5, 58.95, 58.93],
      [50.53, 50.49, 59.17, 58.7],
    ],
    allLocal: 232.8,
  },
  {
    machine: "2S Xeon 8269CY (plantegg)",
    rows: [
      [113.32, 50.88],
      [50.87, 113.45],
    ],
    allLocal: 225.3,
  },
  {
    machine: "2S Xeon 6980P",
    rows: [
      [554.8, 247.8],
      [247.3, 552.4],
    ],
    allLocal: 1108.4,
  },
  {
    // Two cells, 27.9 and 44.9, are outliers of the measurement.
    machine: "2S Xeon 6980P SNC3",
    cpu: "Intel(R) Xeon(R) 6980P",
    rows: [
      [187.9, 188.6, 188.7, 94.1, 93.6, 93.7],
      [188.3, 188.2, 188.7, 94.5, 90.7, 93.8],
      [188.6, 188.6, 188.1, 94.5, 27.9, 93.8],
      [94.2, 93.4, 94.6, 187.9, 188.4, 188.7],
      [94.2, 91.7, 94.5, 188.2, 188.1, 188.5],
      [94.2, 44.9, 94.2, 188.4, 188.4, 187.9],
    ],
    allLocal: 1129.5,
  },
];

/** The matrices of a corpus' MLC outputs, and of published pages. */
export function matrixRows(folder: string): readonly RowResult[] {
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^mlc-.*\.txt$/.test(name))
    : [];
  const read = files.toSorted().map((name): Matrix => {
    const text = readFileSync(join(folder, name), "utf8");
    const [, after = ""] = text.split("Measuring Memory Bandwidths between nodes", 2);
    const [matrix = ""] = after.split("Measuring", 1);
    const rows = [...matrix.matchAll(/^\s+\d+((?:\s+\d+\.\d+)+)\s*$/gm)].map(([, cells = ""]) =>
      cells
        .trim()
        .split(/\s+/)
        .map((cell) => Number(cell) / 1e3),
    );
    const peak = /ALL Reads\s*:\s*(\d+\.\d+)/.exec(text);
    return { machine: name, rows, allLocal: peak === null ? null : Number(peak[1]) / 1e3 };
  });
  return [...read, ...published].flatMap(matrixResults);
}

/**
 * Two inputs: the first local figure and the first figure between packages. Predicted are all other
 * rows, by kind, and what all nodes get together. Machines of two packages with nodes in order.
 */
function matrixResults({ machine, rows, allLocal, cpu }: Matrix): readonly RowResult[] {
  const count = rows.length;
  const packageOf = (node: number): number => Math.floor((2 * node) / count);
  const [local, remote] = [at(at(rows, 0), 0), at(at(rows, 0), count - 1)];
  const inputs = `${local.toFixed(1)} local, ${remote.toFixed(1)} remote`;
  const nodes = rows.map((_, node) => node);
  const access = nodes.flatMap((initiator) =>
    nodes
      .filter((target) => target === initiator || packageOf(target) !== packageOf(initiator))
      .map((target) => accessOf(initiator, target, initiator === target ? local : remote)),
  );
  const topology = twoPackages(count / 2, access, cpu === undefined ? "" : `cpu:"${cpu}"`);
  const rate = (pairs: readonly (readonly [number, number])[]): number | null =>
    together(topology, pairs);
  const kinds = [
    ["other nodes' own memory", (a: number, b: number) => a === b && a > 0],
    ["a sibling's memory", (a: number, b: number) => a !== b && packageOf(a) === packageOf(b)],
    ["the other package's", (a: number, b: number) => packageOf(a) !== packageOf(b)],
  ] as const;
  const single = kinds.flatMap(([kind, isSuch]) => {
    const pairs = nodes.flatMap((a) =>
      nodes
        .filter((b) => isSuch(a, b) && !(a === 0 && b === count - 1))
        .map((b) => [a, b] as const),
    );
    const worst = pairs
      .map((pair) =>
        result(`${machine}: ${kind}`, inputs, rate([pair]), at(at(rows, pair[0]), pair[1])),
      )
      .toSorted((a, b) => Number(b.error) - Number(a.error))[0];
    return worst === undefined
      ? []
      : [{ ...worst, prediction: `${worst.prediction}, the worst of ${pairs.length}` }];
  });
  const crossed = nodes.map((node) => [node, (node + count / 2) % count] as const);
  return [
    ...single,
    result(`${machine}: all nodes, own memory`, inputs, rate(nodes.map((n) => [n, n])), allLocal),
    result(`${machine}: all nodes, other package`, inputs, rate(crossed), null),
  ];
}

function accessOf(initiator: number, target: number, gigabytes: number): Access {
  return {
    initiator,
    target,
    readLatencyNs: null,
    readBytesPerSecond: gigabytes * 1e9,
    basis: "measured",
  };
}

function twoPackages(nodesEach: number, access: readonly Access[], rest = ""): Topology {
  const nodes = nodesEach === 1 ? "" : ` node:${nodesEach}`;
  return {
    ...syntheticTopology(`package:2${nodes} core:8 memory:256Gi ${rest}`),
    access,
  };
}

/** What readers of these (initiator, target) pairs get together. */
function together(
  topology: Topology,
  pairs: readonly (readonly [number, number])[],
): number | null {
  const machine = flowMachine(topology, null);
  const flows = pairs.map(([initiator, target]): Flow => {
    const path = machine.memoryPath({
      cpuNodes: [{ node: initiator, share: 1 }],
      memoryNodes: [{ node: target, share: 1 }],
      writeShare: 0,
    });
    return { name: "reads", path, demandBytesPerSecond: Infinity, streams: 1 };
  });
  return total(predictFlows(machine, flows));
}

/** Copies between a host and GPUs, from published figures. */
export function copyRows(): readonly RowResult[] {
  const skylake = [
    [0, 0, 110],
    [1, 1, 110],
    [0, 1, 34.4],
    [1, 0, 34.4],
  ] as const;
  const gen4 = (count: number): Topology =>
    twoPackages(
      1,
      skylake.map(([a, b, rate]) => accessOf(a, b, rate)),
      gpus(count, "4x16"),
    );
  const gen = (link: string): Topology => twoPackages(1, [], gpus(1, link));
  const wide = twoPackages(
    1,
    (
      [
        [0, 0, 300],
        [1, 1, 300],
        [0, 1, 90],
        [1, 0, 90],
      ] as const
    ).map(([a, b, rate]) => accessOf(a, b, rate)),
    gpus(1, "4x16"),
  );
  const link = "110 local, 34.4 remote, PCIe 4 x16";
  const gb200 = gracePair();
  const nowhere = "memory and link of the processors";
  return [
    result(
      "1 GPU, PCIe 4, own node (SuperBench)",
      "itself: the efficiency of PCIe",
      copies(gen4(1), 0, 1),
      26.24,
    ),
    result("1 GPU, PCIe 4, other node (SuperBench)", link, copies(gen4(1), 1, 1), 26.23),
    result(
      "4 GPUs over one 34.4 GB/s link, each (a quarter of it)",
      link,
      copies(gen4(4), 1, 4),
      8.6,
    ),
    result("8 GPUs over one 34.4 GB/s link, each", link, copies(gen4(8), 1, 8), null),
    result("1 GPU, PCIe 4, both ways (SuperBench)", link, bothWays(gen4(1), 0), 49.46),
    result("MI210, own node (rocm_bandwidth_test#129)", "PCIe 4 x16", copies(wide, 0, 1), 28),
    result(
      "MI210, other node (the same)",
      "28 own node",
      copies(wide, 1, 1, ownNodeCopies(wide, 28e9)),
      28,
    ),
    result("1 GPU, PCIe 5 (nvbandwidth#24, H100)", "PCIe 5 x16", copies(gen("5x16"), 0, 1), 52.8),
    result("1 GPU, PCIe 3 (gearshifft#82, P100)", "PCIe 3 x16", copies(gen("3x16"), 0, 1), 12.15),
    result("the same from the other node", "PCIe 3 x16", copies(gen("3x16"), 1, 1), 3.78),
    result("GB200, pinned buffer on its own node", nowhere, copies(gb200, 0, 1), null),
    result("GB200, pinned buffer on the other node", nowhere, copies(gb200, 1, 1), null),
    result("2 GB200 of one node, buffers on the other, each", nowhere, copies(gb200, 1, 2), null),
  ];
}

/** GPUs of node 0, each below a root port of its own. */
function gpus(count: number, link: string): string {
  return Array.from({ length: count }, () => `root[gpu:h100-pcie(link:${link})]@0`).join(" ");
}

function gracePair(): Topology {
  return syntheticTopology(
    "package:2 core:72 memory:480Gi root[gpu:gb200]@0 root[gpu:gb200]@0 root[gpu:gb200]@1 cpu:Neoverse-V2 vendor:NVIDIA arch:aarch64",
  );
}

/** What each of the first so many GPUs gets, all of them reading a node's memory. */
function copies(
  topology: Topology,
  node: number,
  count: number,
  calibration: Calibration | null = null,
): number | null {
  const machine = flowMachine(topology, calibration);
  const flows = topology.accelerators.slice(0, count).map(({ address }): Flow => {
    const path = machine.copyPath(address, [{ node, share: 1 }], "to-device");
    return { name: address, path, demandBytesPerSecond: Infinity, streams: 1 };
  });
  return at(predictFlows(machine, flows), 0).fairBytesPerSecond;
}

/** A measurement of copies from node 0 to the first GPU, and of nothing else. */
function ownNodeCopies(topology: Topology, rate: number): Calibration {
  const { address } = at(topology.accelerators, 0);
  const measured = { median: rate, least: rate, most: rate, samples: 1 };
  return {
    ...emptyCalibration("rocm_bandwidth_test", "copies"),
    copies: [
      {
        node: 0,
        accelerator: address,
        index: null,
        hostToDeviceBytesPerSecond: measured,
        deviceToHostBytesPerSecond: null,
        togetherHostToDeviceBytesPerSecond: null,
        togetherDeviceToHostBytesPerSecond: null,
      },
    ],
  };
}

function bothWays(topology: Topology, node: number): number | null {
  const machine = flowMachine(topology, null);
  const { address } = at(topology.accelerators, 0);
  const flows = (["to-device", "from-device"] as const).map((direction): Flow => {
    const path = machine.copyPath(address, [{ node, share: 1 }], direction);
    return { name: direction, path, demandBytesPerSecond: Infinity, streams: 1 };
  });
  return total(predictFlows(machine, flows));
}

/** Null if one has no limit. */
function total(flows: readonly FlowPrediction[]): number | null {
  const rates = allKnown(flows.map(({ fairBytesPerSecond }) => fairBytesPerSecond));
  return rates === null ? null : sum(rates);
}
