import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { intersection, isEmpty } from "@evenkeel/core/set/index-set.ts";
import { buildTopology, type NodeParts } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type {
  LinkKind,
  PcieLink,
  StatedInterconnect,
  Topology,
  UnnumberedNode,
} from "@evenkeel/core/topology/topology.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";
import { nameOfText } from "./read-lines.ts";

/** An accelerator as a vendor's tool lists it; null where it does not tell. */
export interface ListedAccelerator {
  /** The tool's number of it. */
  readonly index: number | null;
  readonly address: string | null;
  /** Four hexadecimal digits. */
  readonly device: string | null;
  readonly model: string | null;
  readonly productName: string | null;
  readonly uuid: string | null;
  readonly moduleId: number | null;
  readonly memoryBytes: number | null;
  readonly link: PcieLink | null;
  readonly node: number | null;
  /** The CPUs near it, as a list. */
  readonly cpus: string | null;
}

/** An accelerator of which nothing is known. */
export const unknownAccelerator: ListedAccelerator = {
  index: null,
  address: null,
  device: null,
  model: null,
  productName: null,
  uuid: null,
  moduleId: null,
  memoryBytes: null,
  link: null,
  node: null,
  cpus: null,
};

/** What is known of a machine whose accelerators a tool lists. */
export interface ListedMachine {
  readonly source: string;
  readonly vendor: string;
  /** The class of its functions, `12`. */
  readonly class: string;
  readonly accelerators: readonly ListedAccelerator[];
  /** Nodes, each with CPUs, of which it is unknown whose they are. */
  readonly nodes: readonly Pick<ListedAccelerator, "node" | "cpus">[];
  /** Classes by the positions of two accelerators; null where the tool shows the pair otherwise. */
  readonly interconnects: readonly {
    readonly a: number;
    readonly b: number;
    readonly class: StatedInterconnect["class"];
  }[];
  /** Direct links by the positions of two accelerators. */
  readonly links: readonly {
    readonly a: number;
    readonly b: number;
    readonly kind: LinkKind;
    readonly lanes: number | null;
  }[];
}

/**
 * Builds the machine from its accelerators: each on a stand-in host bridge of its own, at its
 * address or at a stand-in by its number. Nodes have the CPUs near their accelerators. Where the
 * tool tells CPUs and no nodes, each different list is that of a node without a number, if the
 * lists are apart.
 *
 * Errors: `topology-inconsistent`.
 */
export function listedTopology(machine: ListedMachine, where: string): Topology {
  const { accelerators } = machine;
  const addresses = accelerators.map(
    ({ address, index }, i) => address ?? standInAddress(index ?? i),
  );
  const topology = buildTopology({
    name: nameOfText(where),
    source: machine.source,
    nodes: nodeParts([...accelerators.map(({ node, cpus }) => ({ node, cpus })), ...machine.nodes]),
    unnumberedNodes: unnumberedNodes(accelerators, addresses),
    pci: accelerators.map(({ device, link, node }, i) => ({
      address: addresses[i] ?? "",
      parent: null,
      root: standInRoot(i),
      class: machine.class,
      vendor: machine.vendor,
      device,
      node,
      iommuGroup: null,
      driver: null,
      link,
      barBytes: null,
      physicalFunction: null,
      ...unknownSettings,
    })),
    accelerators: accelerators.map(
      ({ index, model, productName, uuid, moduleId, memoryBytes }, i) => ({
        address: addresses[i] ?? "",
        model,
        productName,
        index,
        uuid,
        moduleId,
        memoryBytes,
      }),
    ),
    links: machine.links.map((link) => ({
      ...link,
      a: addresses[link.a] ?? "",
      b: addresses[link.b] ?? "",
    })),
    interconnects: machine.interconnects.map((pair) => ({
      a: addresses[pair.a] ?? "",
      b: addresses[pair.b] ?? "",
      class: pair.class,
    })),
  });
  return checkedTopology(topology, where);
}

function unnumberedNodes(
  accelerators: readonly ListedAccelerator[],
  addresses: readonly string[],
): UnnumberedNode[] {
  if (accelerators.some(({ node }) => node !== null)) return [];
  const lists = [...new Set(accelerators.flatMap(({ cpus }) => normalList(cpus) ?? []))];
  const sets = lists.flatMap((list) => parseList(list) ?? []);
  const apart = sets.every((set, i) =>
    sets.slice(i + 1).every((other) => isEmpty(intersection(set, other))),
  );
  if (!apart || lists.length < 2) return [];
  return lists.map((list) => ({
    devices: addresses.filter((_, i) => normalList(accelerators[i]?.cpus ?? null) === list),
    cpus: list,
  }));
}

/** A list without the blanks that some tools print in it. */
function normalList(cpus: string | null): string | null {
  const set = cpus === null ? null : parseList(cpus.replaceAll(/\s/g, ""));
  return set === null || isEmpty(set) ? null : formatList(set);
}

function nodeParts(claims: ListedMachine["nodes"]): NodeParts[] {
  const cpus = new Map<number, Set<string>>();
  for (const { node, cpus: list } of claims) {
    if (node === null) continue;
    cpus.set(node, (cpus.get(node) ?? new Set()).add(normalList(list) ?? ""));
  }
  return [...cpus].map(([id, lists]) => {
    // Different lists on one node are those of a job, not of the node.
    const [only = "", ...others] = [...lists].filter((list) => list !== "");
    const known = others.length === 0 && only !== "";
    return { id, cpus: known ? only : null, memoryBytes: null, kind: null, hugepages: null };
  });
}
