import type { CopyFigures } from "../calibration/calibration.ts";
import type { MemoryNode, Topology } from "../topology/topology.ts";
import { sum } from "../unit/sum.ts";

/**
 * The cost of copies between accelerators and memory, from the node of the accelerators to the node
 * of the memory, relative to the accelerators' own node; as measured on this machine.
 *
 * A copy's cost is the time that it takes: the bandwidth from the own node over that from the
 * other, in each direction that was measured for both, and of the directions the mean. Of several
 * accelerators on a node it is their mean. So accelerators of one node cost the same: the search
 * may exchange them for each other, and the noise of a measurement is no reason to choose one.
 *
 * A row stands only where it was measured for every accelerator of the node and every node with
 * memory: otherwise all of its prices come from the reads of CPUs (`memory-path.ts`), because a
 * measured price next to a modelled one would compare two models rather than two nodes. Copies that
 * run at once share links, which is no cost of a path (the sharing is modelled elsewhere).
 */
export type CopyPaths = ReadonlyMap<number, ReadonlyMap<number, number>>;

/**
 * By the node of the accelerators, and the node of the memory. Empty where nothing was measured.
 */
export function copyPaths({ calibration, accelerators, nodes, pci }: Topology): CopyPaths {
  if (calibration === null || calibration.copies.length === 0) return new Map();
  const figures = new Map(
    calibration.copies.flatMap((one) =>
      one.node === null || one.accelerator === null
        ? []
        : [[`${one.accelerator} ${one.node}`, one] as const],
    ),
  );
  const nodeOf = new Map(pci.map(({ address, node }) => [address, node]));
  const withMemory = nodes.filter(({ memoryBytes }) => memoryBytes !== 0);
  const rows = nodes.flatMap(({ id }) => {
    const own = accelerators.filter(({ address }) => nodeOf.get(address) === id);
    const row = own.length === 0 ? null : rowOf(id, own, withMemory, figures);
    return row === null ? [] : [[id, row] as const];
  });
  return new Map(rows);
}

function rowOf(
  id: number,
  own: readonly { readonly address: string }[],
  withMemory: readonly MemoryNode[],
  figures: ReadonlyMap<string, CopyFigures>,
): ReadonlyMap<number, number> | null {
  const row = new Map<number, number>();
  for (const node of withMemory) {
    const times = own.flatMap(({ address }) => {
      const [near, far] = [figures.get(`${address} ${id}`), figures.get(`${address} ${node.id}`)];
      const time = near === undefined || far === undefined ? null : relativeTime(near, far);
      return time === null ? [] : [time];
    });
    if (times.length < own.length) return null;
    // Never a gain, as with reads: no placement is better than beside the memory.
    row.set(node.id, Math.max(1, sum(times) / times.length));
  }
  return row.size === 0 ? null : row;
}

/** How long a copy with the far node takes, in times of the near one's. */
function relativeTime(near: CopyFigures, far: CopyFigures): number | null {
  const ratios = (["hostToDeviceBytesPerSecond", "deviceToHostBytesPerSecond"] as const).flatMap(
    (direction) => {
      const [own, other] = [near[direction], far[direction]];
      return own === null || other === null ? [] : [own.median / other.median];
    },
  );
  return ratios.length === 0 ? null : sum(ratios) / ratios.length;
}
