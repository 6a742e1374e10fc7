import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type { Link, PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { baseName } from "./base-name.ts";
import { acceleratorOf, nothingKnown } from "./gpu-facts.ts";
import { pciGroups, type PciGroups, pciPairs } from "./pci-groups.ts";
import { gpusInList } from "./query-text.ts";
import { plainLines } from "./terminal-text.ts";
import { readTopoMatrix, type TopoDevice, type TopoMatrix } from "./topo-matrix.ts";
import { topoNodes } from "./topo-nodes.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/**
 * Reads the machine from the output of `nvidia-smi topo -m`, of any version and wherever it was
 * pasted: GPUs and NICs, their nodes with the CPUs near them, and the interconnect class of each
 * pair.
 *
 * The text has no PCI addresses, so devices get stand-in addresses: GPUs by their number, NICs by
 * the order of their columns. Bridges are stand-ins too, as many as `interconnects` needs to give
 * the classes in the text. A class that no tree and nodes can give, such as SYS between two devices
 * of one node or of an `N/A` node, is kept as stated, so that `interconnects` gives back every
 * class in the text. There are no cores and no memory, and models only if the text also has the
 * list of `nvidia-smi -L`.
 *
 * Errors: those of `readTopoMatrix`; `file-too-large`; `topology-inconsistent` where a NIC has
 * NVLink.
 */
export function readNvidiaSmiTopo(text: string, where: string): Topology {
  const lines = plainLines(text, where);
  const matrix = readTopoMatrix(lines, where);
  const listed = gpusInList(lines);
  const { nodes, nodeOf } = topoNodes(matrix);
  const addresses = matrix.devices.map((device, i) => addressOf(device, i, matrix.devices));
  const topology = buildTopology({
    name: baseName(where),
    source: "nvidia-smi",
    nodes,
    pci: bridgesAndDevices(matrix, pciGroups(matrix), nodeOf, addresses),
    accelerators: matrix.devices.flatMap(({ index }, i) => {
      if (index === null) return [];
      const facts = listed.get(index) ?? nothingKnown;
      return [acceleratorOf(facts, { address: addresses[i] ?? "", vendor: null, device: null })];
    }),
    nics: matrix.devices.flatMap(({ kind, name }, i) => {
      if (kind !== "nic") return [];
      // The tool lists as NICs only RDMA devices, from /sys/class/infiniband.
      return [{ address: addresses[i] ?? "", name, rdma: name === null ? null : true }];
    }),
    links: linksOf(matrix, addresses, where),
    interconnects: pciPairs(matrix).map(([a, b, stated]) => ({
      a: addresses[a] ?? "",
      b: addresses[b] ?? "",
      class: stated,
    })),
  });
  return checkedTopology(topology, where);
}

/**
 * Stand-in numbers. GPUs have numbers below a thousand; there are at most 512 devices, with at most
 * 3 bridges each.
 */
const firstNic = 1024;
const firstBridge = 2048;

function addressOf({ index }: TopoDevice, position: number, all: readonly TopoDevice[]): string {
  if (index !== null) return standInAddress(index);
  const nicsBefore = all.slice(0, position).filter(({ kind }) => kind === "nic").length;
  return standInAddress(firstNic + nicsBefore);
}

const unknownFunction = {
  device: null,
  iommuGroup: null,
  driver: null,
  link: null,
  barBytes: null,
  physicalFunction: null,
  ...unknownSettings,
} as const;

/**
 * Places the devices below stand-in bridges. Devices PIX apart are below ports of one switch.
 * Devices PXB apart are below ports of switches that are below one more bridge. Other devices are
 * on the root bus.
 */
function bridgesAndDevices(
  { devices }: TopoMatrix,
  { ofSwitch, ofTree, ofRoot }: PciGroups,
  nodeOf: readonly (number | null)[],
  addresses: readonly string[],
): PciDevice[] {
  const found: PciDevice[] = [];
  const roots = [...new Set(ofRoot)];
  const bridge = (parent: string | null, root: string, node: number | null): string => {
    const address = standInAddress(firstBridge + bridges++);
    found.push({ ...unknownFunction, address, parent, root, class: "0604", vendor: null, node });
    return address;
  };
  let bridges = 0;
  const [tops, switches] = [new Map<number, string>(), new Map<number, string>()];
  const membersOf = (groups: readonly number[], group: number): number[] =>
    [...groups.keys()].filter((member) => groups[member] === group);
  for (const [i, { kind }] of devices.entries()) {
    const [ofOne = i, ofAll = i, rootGroup = i] = [ofSwitch[i], ofTree[i], ofRoot[i]];
    const root = standInRoot(roots.indexOf(rootGroup));
    const nodes = new Set(membersOf(ofRoot, rootGroup).map((member) => nodeOf[member] ?? null));
    const node = nodes.size === 1 ? ([...nodes][0] ?? null) : null;
    const tree = membersOf(ofTree, ofAll);
    let parent: string | null = null;
    if (tree.some((member) => ofSwitch[member] !== ofOne)) {
      parent = tops.get(ofAll) ?? bridge(null, root, node);
      tops.set(ofAll, parent);
    }
    if (tree.length > 1) {
      const upstream: string = switches.get(ofOne) ?? bridge(parent, root, node);
      switches.set(ofOne, upstream);
      parent = bridge(upstream, root, node);
    }
    const [code, vendor] = kind === "gpu" ? ["03", "10de"] : ["02", null];
    found.push({
      ...unknownFunction,
      address: addresses[i] ?? "",
      parent,
      root,
      class: code,
      vendor,
      node: nodeOf[i] ?? null,
    });
  }
  return found;
}

function linksOf(
  { devices, classOf }: TopoMatrix,
  addresses: readonly string[],
  where: string,
): Link[] {
  return [...devices.keys()].flatMap((a) =>
    [...Array(a).keys()].flatMap((b): Link[] => {
      const stated = classOf(a, b);
      if (stated?.kind !== "nvlink") return [];
      const nic = [devices[a], devices[b]].find((device) => device?.kind === "nic");
      if (nic !== undefined) {
        throw new EvenkeelError("topology-inconsistent", `${nic.label} is a NIC but has NVLink`, {
          where,
          expected: "NV# only between GPUs",
        });
      }
      const [one = "", other = ""] = [addresses[a], addresses[b]];
      return [{ a: one, b: other, kind: "nvlink", lanes: stated.lanes }];
    }),
  );
}
