import { type IndexSet, isSubset } from "../../set/index-set.ts";
import { parseList } from "../../set/list-format.ts";
import { isStandInNode, standInNode } from "../stand-in.ts";
import type { Part } from "./finding.ts";
import type { Joined } from "./join-devices.ts";

/**
 * Replaces stand-in nodes by real ones where possible. A text that states `SYS` between devices
 * without naming their nodes has stand-in nodes. If another source knows the node of a device
 * there, that is the node; otherwise it is the one node of another source that has all its CPUs,
 * which such a text lists beside its GPUs. A node that no source knows keeps a stand-in of its own.
 */
export function resolveStandInNodes(parts: readonly Part[], joined: Joined): readonly Part[] {
  const nodeOf = new Map<string, number>();
  const remember = (key: string, node: number): void => {
    if (!nodeOf.has(key)) nodeOf.set(key, node);
  };
  for (const [position, { topology }] of parts.entries()) {
    for (const { address, node } of topology.pci) {
      if (node !== null && !isStandInNode(node)) remember(joined.keyOf(position, address), node);
    }
  }
  const withCpus = nodeWithCpus(parts);
  const used = new Set<number>();
  return parts.map((part, position) => {
    const { topology } = part;
    if (!topology.nodes.some(({ id }) => isStandInNode(id))) return part;
    const meaning = new Map<number, number>();
    for (const { address, node } of topology.pci) {
      if (node === null || !isStandInNode(node) || meaning.has(node)) continue;
      const known = nodeOf.get(joined.keyOf(position, address));
      if (known !== undefined) meaning.set(node, known);
    }
    for (const { id, cpus } of topology.nodes) {
      if (!isStandInNode(id) || meaning.has(id)) continue;
      const known = withCpus(cpus);
      if (known !== null) meaning.set(id, known);
    }
    const resolve = (id: number): number => {
      const known = meaning.get(id);
      if (!isStandInNode(id) || known !== undefined) return known ?? id;
      let fresh = id;
      for (let ordinal = 0; used.has(fresh); ordinal++) fresh = standInNode(ordinal);
      meaning.set(id, fresh);
      used.add(fresh);
      return fresh;
    };
    const pci = topology.pci.map((device) => {
      if (device.node === null) return device;
      const node = resolve(device.node);
      remember(joined.keyOf(position, device.address), node);
      return { ...device, node };
    });
    const nodes = topology.nodes.map((node) => ({ ...node, id: resolve(node.id) }));
    for (const { id } of nodes) if (isStandInNode(id)) used.add(id);
    return { ...part, topology: { ...topology, pci, nodes } };
  });
}

/** Looks up the one real node that has all of some CPUs; null where none has, or several have. */
function nodeWithCpus(parts: readonly Part[]): (cpus: string | null) => number | null {
  const real = new Map<number, IndexSet>();
  for (const { topology } of parts) {
    for (const { id, cpus } of topology.nodes) {
      const set = cpus === null || cpus === "" ? null : parseList(cpus);
      if (!isStandInNode(id) && set !== null && !real.has(id)) real.set(id, set);
    }
  }
  return (cpus) => {
    const wanted = cpus === null || cpus === "" ? null : parseList(cpus);
    if (wanted === null) return null;
    const having = [...real].filter(([, set]) => isSubset(wanted, set));
    return having.length === 1 ? (having[0]?.[0] ?? null) : null;
  };
}
