import type { CoreParts, NodeParts } from "@evenkeel/core/topology/build.ts";

/** One CPU as an agent reports it, with the kernel's numbers for its place. */
export interface CpuRecord {
  readonly cpu: number;
  readonly core: number | null;
  readonly package: number | null;
  readonly node: number | null;
  readonly l3: number | null;
}

/** Twice the highest that Linux can be built for (NR_CPUS 8192, MAX_NUMNODES 1024). */
export const CPU_MAX = 16_383;
export const NODE_MAX = 2_047;

/**
 * Groups CPUs into cores. The kernel numbers cores and caches within their package. If any CPU has
 * no core number, no cores are returned, because such a CPU would look like a core of its own. If a
 * CPU occurs twice, the first record counts.
 */
export function coresOf(records: readonly CpuRecord[]): CoreParts[] {
  if (records.some(({ core }) => core === null)) return [];
  const seen = new Set<number>();
  const cores = new Map<string, { readonly first: CpuRecord; readonly cpus: number[] }>();
  for (const record of records) {
    if (seen.has(record.cpu)) continue;
    seen.add(record.cpu);
    const key = `${record.package} ${record.node} ${record.core}`;
    const known = cores.get(key);
    if (known === undefined) cores.set(key, { first: record, cpus: [record.cpu] });
    else known.cpus.push(record.cpu);
  }
  const caches = new Map<string, number>();
  return [...cores.values()].map(({ first, cpus }) => {
    const cache = `${first.package} ${first.l3}`;
    if (first.l3 !== null && !caches.has(cache)) caches.set(cache, caches.size);
    return {
      package: first.package,
      die: null,
      cluster: null,
      l3: first.l3 === null ? null : (caches.get(cache) ?? null),
      cpus: cpus.join(","),
    };
  });
}

/**
 * The nodes, with the known facts about each and the CPUs that the records place on them. A node of
 * which no record tells may have CPUs that no driver publishes.
 */
export function nodesOf(
  known: ReadonlyMap<number, Pick<NodeParts, "memoryBytes" | "hugepages">>,
  records: readonly CpuRecord[],
  mentioned: readonly (number | null)[],
): NodeParts[] {
  const cpus = new Map<number, Set<number>>();
  const seen = new Set<number>();
  for (const id of [...known.keys(), ...mentioned]) if (id !== null) cpus.set(id, new Set());
  for (const { cpu, node } of records) {
    if (node === null || seen.has(cpu)) continue;
    seen.add(cpu);
    const list = cpus.get(node) ?? new Set();
    cpus.set(node, list.add(cpu));
  }
  return [...cpus].map(([id, list]) => ({
    id,
    cpus: list.size === 0 ? null : [...list].join(","),
    memoryBytes: known.get(id)?.memoryBytes ?? null,
    kind: null,
    hugepages: known.get(id)?.hugepages ?? null,
  }));
}
