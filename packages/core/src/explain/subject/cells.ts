import { sharesOf } from "../../cost/node-shares.ts";
import { costModel } from "../../cost/placement-cost.ts";
import type { Evidence, MemoryMapping } from "../../evidence/evidence.ts";
import { has, indices } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { at } from "../../unit/list.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { unknownCost } from "../../verify/verdict/check.ts";
import type { FindingCost } from "../../verify/verdict/verdict.ts";
import type { GuestView } from "./guest-view.ts";
import { byNode, type ByNode, spreadOf } from "./spread.ts";
import type { Subject } from "./subject.ts";
import { devicesOf } from "./yardstick.ts";

/** A node of the guest, and where on the host that is which stands behind it. */
export interface CellOnHost {
  readonly id: number;
  readonly mappings: readonly MemoryMapping[];
  /** Its memory by host node, in bytes. */
  readonly memory: ByNode;
  /**
   * The host node with most of its memory, or else the only one that it is bound to; null where
   * neither is known.
   */
  readonly node: number | null;
  /** Where its vCPUs may run; null where that is unknown. */
  readonly workers: ByNode | null;
  /** The host's addresses of the devices that the guest is shown on it. */
  readonly devices: readonly string[];
}

/** The guest's nodes on the host, by what is known of memory, threads and devices. */
export function cellsOnHost(
  { evidence, memory, workers, topology }: Subject,
  { cells }: GuestView,
): readonly CellOnHost[] {
  const shown = devicesShown(evidence);
  return (cells ?? []).map(({ id, cpus, policy }) => {
    const mappings = (memory ?? []).filter(({ cell }) => cell === id);
    const bytes = byNode(mappings);
    const vcpus = setOf(cpus);
    const own = (workers ?? []).filter(({ role }) => role?.kind === "vcpu" && has(vcpus, role.id));
    const most = [...bytes]
      .filter(([, amount]) => amount > 0)
      .toSorted(([a, ofA], [b, ofB]) => ofB - ofA || a - b)[0];
    const bound = policy === null ? [] : indices(setOf(policy.nodes));
    return {
      id,
      mappings,
      memory: bytes,
      node: most?.[0] ?? (bound.length === 1 ? at(bound, 0) : null),
      workers: own.length === 0 || topology === null ? null : spreadOf(own, topology),
      devices: [...shown].flatMap(([address, cell]) => (cell === id ? [address] : [])),
    };
  });
}

/** The part of some memory or threads that is not on this node: from 0 to 1. */
export function shareOffNode(amounts: ByNode, node: number): number {
  const all = sum(amounts.values());
  const on = sumOf(amounts, ([id, amount]) => (id === node ? amount : 0));
  return all === 0 ? 0 : 1 - on / all;
}

/** The guest's node of each passed-through device, by the host's address; null is the root bus. */
export function devicesShown({ shapes }: Evidence): ReadonlyMap<string, number | null> {
  const shown = new Map<string, number | null>();
  for (const { hostAddress, cell } of shapes.flatMap(({ devices }) => devices ?? [])) {
    shown.set(hostAddress, cell ?? shown.get(hostAddress) ?? null);
  }
  return shown;
}

/**
 * What it costs that the guest's nodes are not what they seem, or are not shown: the cost of the
 * cells as given, relative to one cell on each node that the VM belongs on, with that node's
 * memory, vCPUs and accelerators. A guest that is shown one node is one cell spread over all.
 */
export function priceOfCells(
  { evidence, topology, home }: Subject,
  cells: readonly { readonly memory: ByNode; readonly workers: ByNode; readonly of: string[] }[],
): FindingCost {
  if (topology === null || home === null || cells.length === 0) return unknownCost;
  const known = new Set(topology.nodes.map(({ id }) => id));
  const nodes = cells.flatMap(({ memory, workers }) => [...memory.keys(), ...workers.keys()]);
  if (nodes.some((node) => !known.has(node))) return unknownCost;
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const { accelerators, nics } = devicesOf(evidence, topology);
  const model = costModel(topology, "inference");
  const own = [...home.nodes];
  const cost = (all: typeof cells): ReturnType<typeof model.cost> => {
    const total = sum(all.map(({ memory }) => sum(memory.values())));
    return model.cost({
      cells: all.map(({ memory, workers }) => ({
        share: sum(memory.values()) / total,
        vcpuNodes: sharesOf(workers),
        memoryNodes: sharesOf(memory),
      })),
      accelerators: accelerators.map((address) => ({
        address,
        node: nodeOf.get(address) ?? null,
        cell: Math.max(
          0,
          all.findIndex(({ of }) => of.includes(address)),
        ),
      })),
      nics,
    });
  };
  const isPriced = cells.every(
    ({ memory, workers }) => sum(memory.values()) > 0 && sum(workers.values()) > 0,
  );
  if (!isPriced) return unknownCost;
  const best = cost(
    own.map((node) => ({
      memory: new Map([[node, 1]]),
      workers: new Map([[node, 1]]),
      of: accelerators.filter((address) => nodeOf.get(address) === node),
    })),
  );
  const { total, basis } = cost(cells);
  if (basis === "unknown") return unknownCost;
  return { slowdown: Math.max(1, total / best.total), basis };
}
