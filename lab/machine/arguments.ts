import { at } from "@evenkeel/core/unit/list.ts";
import type { HostShape, NodeShape } from "./shape.ts";
import { words } from "./words.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * QEMU's arguments for a host of a shape: its nodes with CPUs and memory, distances, HMAT, an
 * IOMMU, and for each node a host bridge with devices below. QEMU's teaching device `edu`, which
 * does DMA and interrupts, stands in for accelerators.
 *
 * The CPU model is `max` with another vendor, because with other models the kernel warns about
 * wrong dies. It has no protection keys, whose emulation sometimes crashes Node's compiler. With
 * expander buses, every other device must be given its bus.
 */
export function shapeArguments(shape: HostShape): readonly string[] {
  const memory = sumOf(shape.nodes, (node) => node.memoryMiB);
  const dies = diesOf(shape);
  const cores = Math.max(...shape.nodes.map((node) => node.cores));
  const threads = threadsOf(shape);
  const cpus = shape.packages * dies * cores * threads.length;
  return [
    ...words(
      "-machine",
      `q35,hmat=${shape.hmat === undefined ? "off" : "on"},kernel-irqchip=split`,
    ),
    ...words("-cpu", "max,vendor=GenuineIntel,-pku"),
    ...words("-m", `${memory}M`),
    ...words(
      "-smp",
      `${cpus},sockets=${shape.packages},dies=${dies},cores=${cores},threads=${threads.length}`,
    ),
    ...shape.nodes.flatMap((node, i) => nodeArguments(shape, node, i)),
    ...cpuArguments(shape),
    ...distanceArguments(shape),
    ...hmatArguments(shape),
    ...words("-device", "intel-iommu,intremap=on"),
    ...shape.nodes.flatMap((node, i) => deviceArguments(node, i)),
    ...unplacedArguments(shape),
  ];
}

/** The dies per package: one for each node with CPUs of the package with the most. */
function diesOf(shape: HostShape): number {
  return Math.max(...Array.from({ length: shape.packages }, (_, i) => nodesOf(shape, i).length));
}

function nodesOf(shape: HostShape, wanted: number): readonly number[] {
  const positions = [...shape.nodes.keys()];
  return positions.filter((i) => {
    const node = shape.nodes[i];
    return node?.package === wanted && node.cores > 0;
  });
}

/** HMAT needs an initiator: the node's own CPUs, or the first ones of its package. */
function nodeArguments(shape: HostShape, node: NodeShape, i: number): readonly string[] {
  const initiator = node.cores > 0 ? i : nodesOf(shape, node.package)[0];
  const values = shape.hmat === undefined ? "" : `,initiator=${initiator}`;
  if (node.memoryMiB === 0) return ["-numa", `node,nodeid=${i}${values}`];
  return [
    ...words("-object", `memory-backend-ram,id=ram${i},size=${node.memoryMiB}M`),
    ...words("-numa", `node,nodeid=${i},memdev=ram${i}${values}`),
  ];
}

/** The threads of a core, by their numbers there. */
const threadsOf = ({ threads = 1 }: HostShape): readonly number[] => [...Array(threads).keys()];

/** Each node with CPUs is a die of its package. */
function cpuArguments(shape: HostShape): readonly string[] {
  // QEMU accepts die ids only if a package has several dies.
  const named = diesOf(shape) > 1;
  return Array.from({ length: shape.packages }, (_, socket) =>
    nodesOf(shape, socket).flatMap((node, die) =>
      Array.from({ length: at(shape.nodes, node).cores }, (__, core) =>
        threadsOf(shape).flatMap((thread) => [
          "-numa",
          `cpu,node-id=${node},socket-id=${socket}${named ? `,die-id=${die}` : ""},core-id=${core},thread-id=${thread}`,
        ]),
      ).flat(),
    ),
  ).flat();
}

function distanceArguments({ distances }: HostShape): readonly string[] {
  return distances.flatMap((row, src) =>
    row.flatMap((value, dst) =>
      src === dst ? [] : ["-numa", `dist,src=${src},dst=${dst},val=${value}`],
    ),
  );
}

function hmatArguments({ hmat }: HostShape): readonly string[] {
  if (hmat === undefined) return [];
  const values = (data: string, what: string, rows: readonly (readonly number[])[], unit: string) =>
    rows.flatMap((row, initiator) =>
      row.flatMap((value, target) => [
        "-numa",
        `hmat-lb,initiator=${initiator},target=${target},hierarchy=memory,data-type=${data},${what}=${value}${unit}`,
      ]),
    );
  return [
    ...values("access-latency", "latency", hmat.latencyNs, ""),
    ...values("access-bandwidth", "bandwidth", hmat.gigabytesPerSecond, "G"),
  ];
}

function unplacedArguments({ unplaced = 0 }: HostShape): readonly string[] {
  return Array.from({ length: unplaced }, () => words("-device", "edu,bus=pcie.0")).flat();
}

/** Buses from 0x20 on, sixteen per node. */
function deviceArguments({ devices }: NodeShape, node: number): readonly string[] {
  if (devices.length === 0) return [];
  const bus = `pxb${node}`;
  const expander = `pxb-pcie,id=${bus},bus=pcie.0,bus_nr=${0x20 + node * 0x10},numa_node=${node}`;
  return [
    ...words("-device", expander),
    ...devices.flatMap((device, slot) => {
      const id = `${node}-${slot}`;
      const chassis = 10 + node * 16 + slot * 4;
      const port = `pcie-root-port,id=port${id},bus=${bus},chassis=${chassis},addr=${slot}`;
      return ["-device", port, ...below(device, id, chassis)];
    }),
  ];
}

function below(
  device: "port" | "switch" | "group",
  id: string,
  chassis: number,
): readonly string[] {
  switch (device) {
    case "port":
      return ["-device", `edu,bus=port${id}`];
    case "switch":
      return [
        ...words("-device", `x3130-upstream,id=up${id},bus=port${id}`),
        ...[0, 1].flatMap((i) => [
          ...words(
            "-device",
            `xio3130-downstream,id=down${id}-${i},bus=up${id},chassis=${chassis + 1 + i},addr=${i}`,
          ),
          ...words("-device", `edu,bus=down${id}-${i}`),
        ]),
      ];
    case "group":
      return [
        ...words("-device", `pcie-pci-bridge,id=bridge${id},bus=port${id}`),
        ...[1, 2].flatMap((slot) => ["-device", `edu,bus=bridge${id},addr=${slot}`]),
      ];
  }
}
