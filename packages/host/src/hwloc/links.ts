import type { Link } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { HwlocMatrix } from "./matrix.ts";
import type { HwlocPci } from "./pci.ts";
import type { HwlocObject } from "./object.ts";
import { directPairs, type XgmiPair } from "./xgmi.ts";

/**
 * The NVLink and XGMI links between accelerators.
 *
 * hwloc gives the bandwidth between each two end points of NVLink, GPUs and NVSwitches alike, as the
 * sum over their links of 20,000 MB/s for the first generation and 25,000 for those after it, so
 * the links can be counted again. Links between switches are not told; the switches of a machine
 * are one fabric that is as wide as the GPUs' links into it, in all machines that have them. So two
 * GPUs that are not joined directly are connected by as many links as the one with fewer has into
 * switches, which is how nvidia-smi counts (NV6 on a DGX-2, NV18 on an HGX H100), and hwloc itself.
 *
 * For XGMI hwloc tells that there is a path; whether it is a link, `xgmi.ts` works out, and how wide
 * it is remains unknown.
 */
export function readLinks(
  matrices: readonly HwlocMatrix[],
  pci: readonly HwlocPci[],
  accelerators: ReadonlySet<string>,
): Link[] {
  const named = (name: string): HwlocMatrix | null =>
    matrices.find((matrix) => matrix.name === name) ?? null;
  const [nvlink, xgmi, hops] = ["NVLinkBandwidth", "XGMIBandwidth", "XGMIHops"].map(named);
  const pairs = (matrix: HwlocMatrix | null = null): Pair[] =>
    matrix === null ? [] : pairsOf(matrix, pci, accelerators);
  return [
    ...pairs(nvlink).flatMap((pair) => nvlinkBetween(pair)),
    ...directPairs(pairs(xgmi).map((pair) => xgmiPair(pair, hops ?? null))).map(
      ({ a, b }): Link => ({ a: a.address, b: b.address, kind: "xgmi", lanes: null }),
    ),
  ];
}

/** Two different accelerators, and where they are in a matrix. */
interface Pair {
  readonly matrix: HwlocMatrix;
  readonly i: number;
  readonly j: number;
  readonly a: HwlocPci;
  readonly b: HwlocPci;
}

function pairsOf(
  matrix: HwlocMatrix,
  pci: readonly HwlocPci[],
  accelerators: ReadonlySet<string>,
): Pair[] {
  const gpus = matrix.objects.flatMap((object, position) => {
    const end = endPoint(object, pci);
    return end !== null && accelerators.has(end.device.address) ? [{ end, position }] : [];
  });
  return gpus.flatMap(({ end: a, position: i }, k) =>
    gpus.slice(k + 1).map(({ end: b, position: j }) => ({ matrix, i, j, a, b })),
  );
}

function nvlinkBetween({ matrix, i, j, a, b }: Pair): Link[] {
  const direct = at(at(matrix.values, i), j);
  const bandwidth = direct > 0 ? direct : throughFabric(matrix, i, j);
  if (bandwidth === 0) return [];
  const lanes = bandwidth / megabytesPerLink(a);
  const count = Number.isInteger(lanes) ? lanes : null;
  return [{ a: a.device.address, b: b.device.address, kind: "nvlink", lanes: count }];
}

function xgmiPair({ matrix, i, j, a, b }: Pair, hops: HwlocMatrix | null): XgmiPair {
  return {
    a: a.device,
    b: b.device,
    bandwidth: at(at(matrix.values, i), j),
    hops: hops === null ? null : between(hops, at(matrix.objects, i), at(matrix.objects, j)),
  };
}

/** What a matrix has for two objects; null where it has not both. */
function between({ objects, values }: HwlocMatrix, a: HwlocObject, b: HwlocObject): number | null {
  const [row, column] = [objects.indexOf(a), objects.indexOf(b)];
  return row < 0 || column < 0 ? null : at(at(values, row), column);
}

/** What the lesser of two GPUs has into the NVSwitches, which hwloc shows as PCI functions; or 0. */
function throughFabric({ objects, values }: HwlocMatrix, i: number, j: number): number {
  const intoSwitches = (bandwidths: readonly number[]): number =>
    objects.reduce((sum, { type }, to) => sum + (type === "PCIDev" ? at(bandwidths, to) : 0), 0);
  return Math.min(intoSwitches(at(values, i)), intoSwitches(at(values, j)));
}

/** The PCI function that an object is, or that it is a device of. */
function endPoint(object: HwlocObject, pci: readonly HwlocPci[]): HwlocPci | null {
  for (let end: HwlocObject | null = object; end !== null; end = end.parent) {
    const found = pci.find((candidate) => candidate.object === end);
    if (found !== undefined) return found;
  }
  return null;
}

/** Tesla P100 with its two sizes of memory, the only GPU with the first NVLink. */
const firstNvlink: ReadonlySet<string> = new Set(["15f8", "15f9"]);

function megabytesPerLink({ device }: HwlocPci): number {
  return device.vendor === "10de" && firstNvlink.has(device.device ?? "") ? 20_000 : 25_000;
}
