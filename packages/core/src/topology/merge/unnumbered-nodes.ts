import { type IndexSet, isSubset } from "../../set/index-set.ts";
import { parseList } from "../../set/list-format.ts";
import type { MemoryNode, UnnumberedNode } from "../topology.ts";
import { type Claim, type Part, type Report, settle } from "./finding.ts";
import type { Joined } from "./join-devices.ts";

/** The sources after nodes got the numbers that other sources know. */
export interface Numbered {
  readonly parts: readonly Part[];
  /** The nodes whose numbers no source knows, their devices by key. */
  readonly unnumberedNodes: readonly UnnumberedNode[];
}

/**
 * Gives nodes without numbers the numbers that other sources know, and joins those that are one
 * node because they have a device in common. If another source knows the node of a device there,
 * that is the node; otherwise it is the one node of another source that has all its CPUs, which
 * texts without node numbers list beside their GPUs.
 *
 * `report` hears of CPUs that sources differ in. The cost is linear in the devices, and in the
 * nodes times their CPU lists.
 */
export function numberNodes(parts: readonly Part[], joined: Joined, report: Report): Numbered {
  const groups = joinedGroups(parts, joined);
  const nodeOf = nodesOfDevices(parts, joined);
  const withCpus = nodeWithCpus(parts);
  const first = <T>(values: readonly (T | null | undefined)[]): T | null =>
    values.find((value) => value !== null && value !== undefined) ?? null;
  const numbers = new Map(
    groups.map((group) => [
      group,
      first([...group.keys].map((key) => nodeOf.get(key))) ??
        first(group.claims.map(({ value }) => withCpus(value))),
    ]),
  );
  const numberOf = new Map(
    [...numbers].flatMap(([{ keys }, number]) =>
      number === null ? [] : [...keys].map((key) => [key, number] as const),
    ),
  );
  return {
    parts: parts.map((part, position) =>
      numbered(part, (address) => numberOf.get(joined.keyOf(position, address)) ?? null),
    ),
    unnumberedNodes: [...numbers].flatMap(([group, number]) =>
      number === null ? [{ devices: [...group.keys], cpus: cpusOf(group, report) }] : [],
    ),
  };
}

/** One node without a number: its devices' keys, and what each source says of its CPUs. */
interface Group {
  readonly keys: Set<string>;
  readonly claims: Claim<string>[];
}

function joinedGroups(parts: readonly Part[], joined: Joined): readonly Group[] {
  const groups = new Set<Group>();
  const groupOf = new Map<string, Group>();
  for (const [position, { label, topology }] of parts.entries()) {
    for (const { devices, cpus } of topology.unnumberedNodes) {
      const keys = devices.map((address) => joined.keyOf(position, address));
      const met = new Set(keys.flatMap((key) => groupOf.get(key) ?? []));
      const group: Group = {
        keys: new Set([...[...met].flatMap((one) => [...one.keys]), ...keys]),
        claims: [...[...met].flatMap((one) => one.claims), { label, value: cpus }],
      };
      for (const one of met) groups.delete(one);
      groups.add(group);
      for (const key of group.keys) groupOf.set(key, group);
    }
  }
  return [...groups];
}

function cpusOf({ keys, claims }: Group, report: Report): string | null {
  const [key = ""] = keys;
  return settle(
    {
      code: "node-differs",
      subject: `the node of ${key}`,
      path: `unnumberedNodes[${key}].cpus`,
      what: "CPUs",
      claims,
    },
    report,
  );
}

/** The number that some source knows of each device's node. */
function nodesOfDevices(parts: readonly Part[], joined: Joined): ReadonlyMap<string, number> {
  const nodeOf = new Map<string, number>();
  for (const [position, { topology }] of parts.entries()) {
    for (const { address, node } of topology.pci) {
      const key = joined.keyOf(position, address);
      if (node !== null && !nodeOf.has(key)) nodeOf.set(key, node);
    }
  }
  return nodeOf;
}

/** Looks up the one node that has all of some CPUs; null where none has, or several have. */
function nodeWithCpus(parts: readonly Part[]): (cpus: string | null) => number | null {
  const known = new Map<number, IndexSet>();
  for (const { topology } of parts) {
    for (const { id, cpus } of topology.nodes) {
      const set = cpus === null || cpus === "" ? null : parseList(cpus);
      if (set !== null && !known.has(id)) known.set(id, set);
    }
  }
  return (cpus) => {
    const wanted = cpus === null ? null : parseList(cpus);
    if (wanted === null) return null;
    const having = [...known].filter(([, set]) => isSubset(wanted, set));
    return having.length === 1 ? (having[0]?.[0] ?? null) : null;
  };
}

/** The part with numbers for the nodes of some devices; its other nodes stay without. */
function numbered(part: Part, numberOf: (address: string) => number | null): Part {
  const { topology } = part;
  if (topology.unnumberedNodes.length === 0) return part;
  const nodes = new Map(topology.nodes.map((node) => [node.id, node]));
  const open: UnnumberedNode[] = [];
  const found = new Map<string, number>();
  for (const node of topology.unnumberedNodes) {
    const [number = null] = node.devices.map(numberOf);
    if (number === null) open.push(node);
    else {
      nodes.set(number, besides(nodes.get(number) ?? barely(number), node.cpus));
      for (const address of node.devices) found.set(address, number);
    }
  }
  const pci = topology.pci.map((device) => ({
    ...device,
    node: device.node ?? found.get(device.address) ?? null,
  }));
  return {
    ...part,
    topology: { ...topology, nodes: [...nodes.values()], unnumberedNodes: open, pci },
  };
}

/** What a source lists of the node itself is more than the CPUs beside one of its devices. */
function besides(node: MemoryNode, cpus: string | null): MemoryNode {
  return { ...node, cpus: node.cpus ?? cpus };
}

/** A node of which only the number is known. */
function barely(id: number): MemoryNode {
  return {
    id,
    package: null,
    cpus: null,
    memoryBytes: null,
    freeBytes: null,
    sideCacheBytes: null,
    kind: null,
    hugepages: null,
  };
}
