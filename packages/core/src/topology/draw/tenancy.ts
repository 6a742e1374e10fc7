import {
  difference,
  has,
  type IndexSet,
  indexSet,
  indices,
  intersection,
  isEmpty,
  size,
  union,
  unionAll,
} from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { at } from "../../unit/list.ts";
import { sumOf } from "../../unit/sum.ts";
import { knownPools } from "../node-facts.ts";
import type { Core, MemoryNode, Topology } from "../topology.ts";
import { type Line, line, type Span, span, type Style, vmStyles } from "./line.ts";

/**
 * Who has what of a machine, as drawings show it: plain facts, worked out by whoever knows plans
 * and policies (`placement/tenancy/`), so that drawing depends on neither.
 */
export interface Tenancy {
  /** The VMs in the order of their signs. */
  readonly vms: readonly Tenant[];
  /** The CPUs that the host keeps for itself, as a list. */
  readonly hostCpus: string;
  /** CPUs that nobody has, and that the isolation of a VM keeps from all others. */
  readonly closedCpus: string;
  /** The accelerators and NICs that VMs can be given. */
  readonly soldDevices: ReadonlySet<string>;
  /** The free bytes of huge pages, by node and size of page; a pool is missing where unknown. */
  readonly freePages: readonly FreePages[];
}

/** The free bytes of one node's pool of huge pages. */
export interface FreePages {
  readonly node: number;
  readonly pageBytes: number;
  readonly bytes: number;
}

/** A VM, and what it has. */
export interface Tenant {
  readonly name: string;
  readonly flavor: string | null;
  /** Whether it is being placed and not on the machine yet. */
  readonly isNew: boolean;
  /** Empty where nothing is known but that the VM is there. */
  readonly cells: readonly TenantCell[];
  /** The PCI functions that it has, companions included. */
  readonly devices: readonly string[];
}

/** A part of a VM that belongs to one node; `home` is null where it belongs to none. */
export interface TenantCell {
  readonly home: number | null;
  readonly vcpus: number;
  /** The CPUs that its vCPUs are pinned to, or float over, as lists. */
  readonly pinned: string;
  readonly floating: string;
  /** The size of its huge pages; null for base pages. */
  readonly hugepageBytes: number | null;
  readonly memory: readonly { readonly node: number; readonly bytes: number }[];
}

/** What a VM is drawn with: its sign, which no other has, and its color, which may repeat. */
export interface VmMark {
  readonly sign: string;
  readonly style: Style;
}

/** The sign of the VM that is being placed. */
export const newSign = "+";
/** The signs of cores that no VM has for itself. */
export const coreSigns = { host: "h", closed: "x", several: "*", free: "·" } as const;

/** `A` to `Z`, then `AA`, `AB`…; `+` for the VM that is being placed. */
function vmMarks({ vms }: Tenancy): readonly VmMark[] {
  let place = 0;
  return vms.map(({ isNew }) => {
    if (isNew) return { sign: newSign, style: "vmNew" };
    const mark = { sign: letters(place), style: at(vmStyles, place % vmStyles.length) };
    place++;
    return mark;
  });
}

function letters(place: number): string {
  const last = String.fromCharCode("A".charCodeAt(0) + (place % 26));
  return place < 26 ? last : `${letters(Math.floor(place / 26) - 1)}${last}`;
}

/** What has a core: VMs by position, or nobody. */
export type CoreState =
  | { readonly kind: "vms"; readonly vms: readonly number[] }
  | { readonly kind: "host" | "closed" | "free" };

/** A tenancy made easy to look things up in. */
export interface TenancyView extends Tenancy {
  readonly topology: Topology;
  readonly marks: readonly VmMark[];
  readonly stateOfCore: (core: Core) => CoreState;
  /** The VMs that have a device, or a part of it, by position. */
  readonly holdersOf: (address: string) => readonly number[];
}

export function viewOf(topology: Topology, tenancy: Tenancy): TenancyView {
  const pinned = byCpu(
    tenancy.vms.map(({ cells }) => unionAll(cells.map((one) => setOf(one.pinned)))),
  );
  const floating = byCpu(
    tenancy.vms.map(({ cells }) => unionAll(cells.map((one) => setOf(one.floating)))),
  );
  const [hostCpus, closedCpus] = [setOf(tenancy.hostCpus), setOf(tenancy.closedCpus)];
  const wholes = new Map(
    topology.pci.map(({ address, physicalFunction }) => [address, physicalFunction]),
  );
  const holders = new Map<string, Set<number>>();
  for (const [vm, { devices }] of tenancy.vms.entries()) {
    for (const address of devices) {
      for (const place of [address, wholes.get(address) ?? null]) {
        if (place !== null) holders.set(place, (holders.get(place) ?? new Set()).add(vm));
      }
    }
  }
  return {
    ...tenancy,
    topology,
    marks: vmMarks(tenancy),
    holdersOf: (address) => [...(holders.get(address) ?? [])],
    stateOfCore: ({ cpus }) => {
      const own = indices(setOf(cpus));
      // Who floats over a core that another is pinned to has no part of it for sure.
      for (const users of [pinned, floating]) {
        const vms = [...new Set(own.flatMap((cpu) => users.get(cpu) ?? []))];
        if (vms.length > 0) return { kind: "vms", vms };
      }
      if (own.some((cpu) => has(hostCpus, cpu))) return { kind: "host" };
      if (own.some((cpu) => has(closedCpus, cpu))) return { kind: "closed" };
      return { kind: "free" };
    },
  };
}

/** The positions of the sets that a CPU is in. */
function byCpu(sets: readonly IndexSet[]): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const [position, cpus] of sets.entries()) {
    for (const cpu of indices(cpus)) {
      const before = found.get(cpu);
      if (before === undefined) found.set(cpu, [position]);
      else before.push(position);
    }
  }
  return found;
}

/** The sign that stands for a core, and how it looks. */
export function coreMark({ marks }: TenancyView, state: CoreState): VmMark {
  if (state.kind === "free") return { sign: coreSigns.free, style: "faint" };
  if (state.kind !== "vms") return { sign: coreSigns[state.kind], style: "faint" };
  return state.vms.length > 1
    ? { sign: coreSigns.several, style: "vmSeveral" }
    : at(marks, at(state.vms, 0));
}

/** A part of a node's memory: what one VM has of it, or what is left. */
export interface MemoryPart {
  readonly kind: "vm" | "taken" | "free" | "base";
  /** The position of the VM; null for the other kinds. */
  readonly vm: number | null;
  readonly bytes: number;
}

/**
 * A node's memory in parts: huge pages by VM, those that others than these VMs have, the free ones,
 * then base pages by VM and the rest. Null where nobody told of the node's memory or its pages.
 */
export function memoryParts(
  { vms, freePages }: TenancyView,
  { id, memoryBytes, hugepages }: MemoryNode,
): readonly MemoryPart[] | null {
  if (memoryBytes === null || hugepages === null) return null;
  const sizes = new Set<number | null>(hugepages.map(({ sizeBytes }) => sizeBytes));
  const heldIn = (inPools: boolean): MemoryPart[] =>
    vms.flatMap(({ cells }, vm) => {
      const bytes = sumOf(
        cells.filter((cell) => sizes.has(cell.hugepageBytes) === inPools),
        ({ memory }) => sumOf(memory, (part) => (part.node === id ? part.bytes : 0)),
      );
      return bytes === 0 ? [] : [{ kind: "vm" as const, vm, bytes }];
    });
  const huge = heldIn(true);
  const base = heldIn(false);
  const all = sumOf(hugepages, ({ sizeBytes, total }) => sizeBytes * total);
  const held = sumOf(huge, ({ bytes }) => bytes);
  const free = sumOf(hugepages, ({ sizeBytes, total }) => {
    const known = freePages.find((one) => one.node === id && one.pageBytes === sizeBytes);
    return known === undefined ? sizeBytes * total : known.bytes;
  });
  const left = Math.max(0, Math.min(free, all - held));
  const ofBase = sumOf(base, ({ bytes }) => bytes);
  const parts: readonly MemoryPart[] = [
    ...huge,
    { kind: "taken", vm: null, bytes: all - held - left },
    { kind: "free", vm: null, bytes: left },
    ...base,
    { kind: "base", vm: null, bytes: memoryBytes - all - ofBase },
  ];
  return parts.filter(({ bytes }) => bytes > 0);
}

/** The machine with the huge pages that are free beside its VMs, as far as that is known. */
export function withFreePages(topology: Topology, { freePages }: Tenancy): Topology {
  const freeOf = new Map(freePages.map((one) => [`${one.node} ${one.pageBytes}`, one.bytes]));
  const nodes = topology.nodes.map((node) => ({
    ...node,
    hugepages:
      node.hugepages === null
        ? null
        : knownPools(node).map((pool) => {
            const bytes = freeOf.get(`${node.id} ${pool.sizeBytes}`);
            return bytes === undefined ? pool : { ...pool, free: bytes / pool.sizeBytes };
          }),
  }));
  return { ...topology, nodes };
}

/** A VM's sign as part of a line. */
export function signSpan({ sign, style }: VmMark): Span {
  return span(sign, style);
}

/** The signs of some VMs: of many the first, and how many more there are. */
export function signsLine({ marks }: TenancyView, vms: readonly number[]): Line {
  const shown = vms.length > signsMax ? vms.slice(0, signsMax - 1) : vms;
  const more = vms.length - shown.length;
  return [
    ...shown.flatMap((vm, i) => [...(i === 0 ? [] : [span(" ")]), signSpan(at(marks, vm))]),
    ...(more === 0 ? [] : line(` +${more} more`)),
  ];
}

const signsMax = 5;

/** Which of a VM's CPUs and how much of its memory lie on a node; nothing where none do. */
export function sharesByNode({ topology }: TenancyView, { cells }: Tenant): readonly NodeShare[] {
  const pinned = unionAll(cells.map((cell) => setOf(cell.pinned)));
  const floating = unionAll(cells.map((cell) => setOf(cell.floating)));
  const coresIn = (node: number, cpus: IndexSet): number =>
    topology.cores.filter(
      (core) => core.node === node && !isEmpty(intersection(setOf(core.cpus), cpus)),
    ).length;
  return topology.nodes.flatMap(({ id, cpus }): NodeShare[] => {
    const own = cpus === null ? indexSet([]) : setOf(cpus);
    const bySize = Map.groupBy(cells, ({ hugepageBytes }) => hugepageBytes);
    const memory = [...bySize].flatMap(([hugepageBytes, members]) => {
      const parts = members.flatMap((cell) => cell.memory.filter((part) => part.node === id));
      const bytes = sumOf(parts, (part) => part.bytes);
      return bytes === 0 ? [] : [{ hugepageBytes, bytes }];
    });
    const share: NodeShare = {
      node: id,
      cores: coresIn(id, pinned),
      cpus: size(intersection(own, pinned)),
      poolCores: coresIn(id, difference(floating, pinned)),
      vcpus: sumOf(
        cells.filter(({ home }) => home === id),
        (cell) => (cell.floating === "" ? 0 : cell.vcpus),
      ),
      memory,
    };
    return share.cpus + share.poolCores + share.memory.length > 0 ? [share] : [];
  });
}

export interface NodeShare {
  readonly node: number;
  /** Cores of which it has a CPU; and those CPUs. */
  readonly cores: number;
  readonly cpus: number;
  /** Cores that its vCPUs float over, and how many do. */
  readonly poolCores: number;
  readonly vcpus: number;
  readonly memory: readonly {
    readonly hugepageBytes: number | null;
    readonly bytes: number;
  }[];
}

/** What of a VM's memory and CPUs lies on other nodes than the cells that it is of. */
export function straysOf({ topology }: TenancyView, { cells }: Tenant): readonly Stray[] {
  const strays = cells.flatMap(({ home, memory, pinned, floating }): Stray[] => {
    if (home === null) return [];
    const away = topology.nodes.filter(({ id }) => id !== home);
    const cpus = union(setOf(pinned), setOf(floating));
    return away.flatMap(({ id, cpus: list }) => {
      const bytes = sumOf(memory, (part) => (part.node === id ? part.bytes : 0));
      const count = list === null ? 0 : size(intersection(setOf(list), cpus));
      return bytes + count === 0 ? [] : [{ home, node: id, bytes, cpus: count }];
    });
  });
  return strays;
}

export interface Stray {
  readonly home: number;
  readonly node: number;
  readonly bytes: number;
  readonly cpus: number;
}
