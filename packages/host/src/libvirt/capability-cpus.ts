import { formatList } from "@evenkeel/core/set/list-format.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import type { L3Cache } from "@evenkeel/core/topology/topology.ts";
import { attribute, child, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { CPU_MAX, type CpuListReader } from "../text/cpu-list.ts";
import { readCount } from "./documents.ts";
import { sizeBytes } from "./size.ts";

/** A `<cpu>` of a cell. */
interface Cpu {
  readonly id: number;
  readonly socket: number | null;
  readonly die: number | null;
  readonly cluster: number | null;
  readonly core: number | null;
  /** Null where libvirt gives no topology for the CPU. */
  readonly siblings: readonly number[] | null;
}

/** The machine's CPUs, from its cells. */
export interface CellCpus {
  /**
   * The online CPUs of each cell as a list, in the order of the cells; null where the cell does not
   * tell, or all that it lists are left out.
   */
  readonly ofCells: readonly (string | null)[];
  readonly cores: readonly CoreParts[];
  readonly offline: string;
  /** The CPUs that several cells list, and the cells' positions; null where there are none. */
  readonly shared: { readonly cpus: string; readonly cells: readonly number[] } | null;
}

/**
 * Reads the CPUs of each cell, and the cores that they make up.
 *
 * - A CPU that two cells list is left out of both, since nothing shows which is right.
 * - A CPU that its own cell lists several times in different places is on that node, but in no
 *   known core.
 * - The kernel shows no topology for an offline CPU, so libvirt gives only its id, and more for the
 *   others. Old versions give only ids for all.
 * - If the place of any CPU is unknown, no cores are returned rather than guessed ones.
 */
export function readCellCpus(
  cells: readonly XmlElement[],
  l3Of: ReadonlyMap<number, number>,
  readList: CpuListReader,
): CellCpus {
  const listed = cells.map((cell) => Map.groupBy(cpusOf(cell, readList), ({ id }) => id));
  const seen = new Set<number>();
  const ambiguous = new Set<number>();
  for (const id of listed.flatMap((cpus) => [...cpus.keys()]))
    (seen.has(id) ? ambiguous : seen).add(id);
  const isShared = (id: number): boolean => ambiguous.has(id);
  const known = listed.map((cpus) => [...cpus.values()].filter(([cpu]) => !isIn(ambiguous, cpu)));
  const places = known.flat();
  const withOnePlace = places.flatMap(([cpu, ...others]) =>
    cpu !== undefined && others.every((other) => isSamePlace(cpu, other)) ? [cpu] : [],
  );
  const hasTopology = places.some((cpus) => cpus.some(({ siblings }) => siblings !== null));
  const isOnline = ([cpu]: readonly Cpu[]): boolean => !hasTopology || cpu?.siblings !== null;
  const coresKnown = hasTopology && withOnePlace.length === places.length;
  return {
    ofCells: known.map((cpus, i) => {
      const isTold =
        at(listed, i).size > 0 ? cpus.length > 0 : child(at(cells, i), "cpus") !== null;
      return isTold ? listOf(cpus.filter(isOnline).flat()) : null;
    }),
    cores: coresKnown
      ? coresOf(
          withOnePlace.filter((cpu) => isOnline([cpu])),
          l3Of,
        )
      : [],
    offline: listOf(places.filter((cpus) => !isOnline(cpus)).flat()),
    shared:
      ambiguous.size === 0
        ? null
        : {
            cpus: formatList(indexSet([...ambiguous])),
            cells: listed.flatMap((cpus, i) => (cpus.keys().some(isShared) ? [i] : [])),
          },
  };
}

function isIn(ids: ReadonlySet<number>, cpu: Cpu | undefined): boolean {
  return cpu === undefined || ids.has(cpu.id);
}

function isSamePlace(a: Cpu, b: Cpu): boolean {
  const place = ({ socket, die, cluster, core }: Cpu): string =>
    `${socket}/${die}/${cluster}/${core}`;
  return place(a) === place(b);
}

function listOf(cpus: readonly Cpu[]): string {
  return formatList(indexSet(cpus.map(({ id }) => id)));
}

function cpusOf(cell: XmlElement, readList: CpuListReader): Cpu[] {
  const list = child(cell, "cpus");
  return (list === null ? [] : childrenNamed(list, "cpu")).flatMap((element) => {
    const number = (name: string): number | null => readCount(attribute(element, name));
    const id = number("id");
    if (id === null || id > CPU_MAX) return [];
    const siblings = readList(attribute(element, "siblings") ?? "");
    return [
      {
        id,
        socket: number("socket_id"),
        die: number("die_id"),
        cluster: number("cluster_id"),
        core: number("core_id"),
        siblings: siblings === null || siblings.length === 0 ? null : siblings,
      },
    ];
  });
}

/**
 * Groups CPUs into cores by their sets of siblings, as in sysfs: core numbers repeat between
 * packages and dies. Siblings with different core numbers are the two halves of an AMD compute
 * unit.
 */
function coresOf(cpus: readonly Cpu[], l3Of: ReadonlyMap<number, number>): CoreParts[] {
  const byId = new Map(cpus.map((cpu) => [cpu.id, cpu]));
  const dieOf = diesOf(cpus);
  const clusterOf = clustersOf(cpus);
  const taken = new Set<number>();
  const cores: CoreParts[] = [];
  for (const cpu of cpus.toSorted((a, b) => a.id - b.id)) {
    if (taken.has(cpu.id)) continue;
    const threads = [...new Set([cpu.id, ...(cpu.siblings ?? [])])].filter((id) => {
      const other = byId.get(id);
      const same = other?.core === cpu.core && other.socket === cpu.socket;
      return other === cpu || (same && !taken.has(id));
    });
    for (const id of threads) taken.add(id);
    cores.push({
      package: cpu.socket,
      die: dieOf(cpu),
      cluster: clusterOf(cpu, threads),
      l3: l3Of.get(cpu.id) ?? null,
      cpus: formatList(indexSet(threads)),
    });
  }
  return cores;
}

/** Numbers the dies over the whole machine. */
function diesOf(cpus: readonly Cpu[]): (cpu: Cpu) => number | null {
  // libvirt writes die 0 where the kernel gives none (virHostCPUGetDie), so 0 alone means nothing.
  if (!cpus.some(({ die }) => die !== null && die > 0)) return () => null;
  const numbers = new Map<string, number>();
  return ({ socket, die }) => {
    if (die === null) return null;
    const key = `${socket}/${die}`;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
}

/** The lowest CPU of a core's cluster; null where the cluster is no larger than the core. */
function clustersOf(cpus: readonly Cpu[]): (cpu: Cpu, core: readonly number[]) => number | null {
  // As with dies, 0 alone means nothing.
  if (!cpus.some(({ cluster }) => cluster !== null && cluster > 0)) return () => null;
  const key = ({ socket, die, cluster }: Cpu): string => `${socket}/${die}/${cluster}`;
  const clusters = Map.groupBy(cpus, key);
  return (cpu, core) => {
    const members = clusters.get(key(cpu)) ?? [];
    if (cpu.cluster === null || members.length <= core.length) return null;
    return members[0]?.id ?? null;
  };
}

/** The machine's L3 caches, and the number of each CPU's. */
export interface L3Banks {
  readonly caches: readonly L3Cache[];
  readonly l3Of: ReadonlyMap<number, number>;
}

/** The L3 caches with their sizes. A CPU that two caches list stays with the first. */
export function readL3Banks(host: XmlElement, readList: CpuListReader): L3Banks {
  const l3Of = new Map<number, number>();
  const caches: L3Cache[] = [];
  const cache = child(host, "cache");
  for (const [number, bank] of (cache === null ? [] : childrenNamed(cache, "bank")).entries()) {
    // A cache that is divided into code and data (resctrl CDP) is listed once for each.
    if (readCount(attribute(bank, "level")) !== 3 || attribute(bank, "type") === "code") continue;
    const size = sizeBytes(attribute(bank, "size"), attribute(bank, "unit") ?? "KiB");
    const kernelId = readCount(attribute(bank, "id"));
    caches.push({
      id: number,
      sizeBytes: size === 0 ? null : size,
      ways: null,
      kernelId: kernelId !== null && kernelId <= CPU_MAX ? kernelId : null,
    });
    for (const cpu of readList(attribute(bank, "cpus") ?? "") ?? []) {
      if (!l3Of.has(cpu)) l3Of.set(cpu, number);
    }
  }
  return { caches, l3Of };
}
