import type { Evidence } from "../../evidence/evidence.ts";
import { has } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Topology } from "../../topology/topology.ts";
import { sum } from "../../unit/sum.ts";
import { byNode } from "./spread.ts";
import { devicesOf } from "./yardstick.ts";

/** A node of a guest, and the nodes that it belongs on. */
export interface CellHome {
  readonly id: number;
  readonly nodes: ReadonlySet<number>;
  readonly accelerators: readonly string[];
  readonly isOf: (vcpu: number) => boolean;
}

/**
 * Where each node of a guest belongs, if it has several and its home has too: beside the
 * accelerators that the guest sees on it; where the VM has none, on the node with most of its own
 * memory. A guest node of which neither is known belongs anywhere in the VM's home. Empty for
 * everything that counts as a whole.
 */
export function cellHomes(
  evidence: Evidence,
  topology: Topology,
  home: ReadonlySet<number>,
): readonly CellHome[] {
  const cells = evidence.shapes.find((shape) => (shape.cells ?? []).length > 1)?.cells ?? [];
  if (evidence.of !== "vm" || home.size < 2) return [];
  const { accelerators } = devicesOf(evidence, topology);
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  for (const { address, node } of evidence.devices) if (node !== null) nodeOf.set(address, node);
  const shown = new Map(
    evidence.shapes.flatMap(({ devices }) =>
      (devices ?? []).flatMap(({ hostAddress, cell }) =>
        cell === null ? [] : [[hostAddress, cell] as const],
      ),
    ),
  );
  return cells.map(({ id, cpus }) => {
    const own = accelerators.filter((address) => shown.get(address) === id);
    const beside = own.flatMap((address) => nodeOf.get(address) ?? []);
    const most = accelerators.length === 0 ? nodeOfMost(evidence, id) : null;
    const nodes = most === null ? beside : [most];
    const vcpus = setOf(cpus);
    return {
      id,
      nodes: nodes.length === 0 ? home : new Set(nodes),
      accelerators: own,
      isOf: (vcpu) => has(vcpus, vcpu),
    };
  });
}

/** The node with more than half of the memory of a guest node; null where there is none. */
function nodeOfMost({ memory }: Evidence, cell: number): number | null {
  const own = byNode((memory ?? []).filter((mapping) => mapping.cell === cell));
  const total = sum(own.values());
  const most = [...own].find(([, bytes]) => bytes * 2 > total);
  return most === undefined ? null : most[0];
}
