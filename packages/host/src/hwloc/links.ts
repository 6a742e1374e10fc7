import type { Link } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { HwlocMatrix } from "./matrix.ts";
import type { HwlocPci } from "./pci.ts";
import type { HwlocObject } from "./object.ts";
import { directPairs, type XgmiPair } from "./xgmi.ts";

/**
 * The NVLink and XGMI links between accelerators.
 *
 * hwloc gives the bandwidth between each two end points of NVLink, GPUs and NVSwitches alike. It is
 * the sum over their links, at 20,000 MB/s a link for the first generation and 25,000 for later
 * ones, so the links can be counted. Links between switches are not in the export. On all machines
 * with NVSwitches, the switches are one fabric as wide as the GPUs' links into it. So two GPUs
 * without a direct link are connected by as many links as the GPU with fewer has into switches.
 * nvidia-smi counts the same way (NV6 on a DGX-2, NV18 on an HGX H100), and so does hwloc.
 *
 * For XGMI hwloc reports paths; `xgmi.ts` works out which are direct links. Their number of lanes
 * remains unknown.
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

/** Two different accelerators, and their positions in a matrix. */
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

/** A matrix's value for two objects; null where it lacks one of them. */
function between({ objects, values }: HwlocMatrix, a: HwlocObject, b: HwlocObject): number | null {
  const [row, column] = [objects.indexOf(a), objects.indexOf(b)];
  return row < 0 || column < 0 ? null : at(at(values, row), column);
}

/**
 * The bandwidth into the NVSwitches of the GPU with less of it, or 0. hwloc shows the switches as
 * PCI functions.
 */
function throughFabric({ objects, values }: HwlocMatrix, i: number, j: number): number {
  const intoSwitches = (bandwidths: readonly number[]): number =>
    objects.reduce((sum, { type }, to) => sum + (type === "PCIDev" ? at(bandwidths, to) : 0), 0);
  return Math.min(intoSwitches(at(values, i)), intoSwitches(at(values, j)));
}

/** The PCI function of an object: the object itself or its nearest ancestor that is one. */
function endPoint(object: HwlocObject, pci: readonly HwlocPci[]): HwlocPci | null {
  for (let end: HwlocObject | null = object; end !== null; end = end.parent) {
    const found = pci.find((candidate) => candidate.object === end);
    if (found !== undefined) return found;
  }
  return null;
}

/** Tesla P100 in its two memory sizes, the only GPU with first-generation NVLink. */
const firstNvlink: ReadonlySet<string> = new Set(["15f8", "15f9"]);

function megabytesPerLink({ device }: HwlocPci): number {
  return device.vendor === "10de" && firstNvlink.has(device.device ?? "") ? 20_000 : 25_000;
}
