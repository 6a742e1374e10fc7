import { invariant } from "../../invariant.ts";
import { formatBytes } from "../../unit/bytes.ts";
import type { NodeParts } from "../build.ts";
import { distancesOf } from "../distances-of.ts";
import type { Access, HugepagePool, MemoryNode, Topology } from "../topology.ts";
import { claimsOf, grouped, type MergeFinding, type Part, type Report, settle } from "./finding.ts";
import type { MergedCpus } from "./merge-cpus.ts";
import { exactSize, sameSize } from "./same.ts";

type Entries<T> = readonly (readonly [Part, T])[];

/** Merges nodes by id. A node that only one source knows is kept. */
export function mergeNodes(
  parts: readonly Part[],
  { onNode, packages }: MergedCpus,
  report: Report,
): NodeParts[] {
  const renumbered = (part: Part, position: number): readonly MemoryNode[] =>
    part.topology.nodes.map((node) => ({
      ...node,
      package: node.package === null ? null : packages.numberOf(position, node.package),
    }));
  const groups = grouped(parts, renumbered, ({ id }) => `${id}`);
  return [...groups.values()].flatMap((entries) => {
    const [, first] = entries[0] ?? [];
    if (first === undefined) return [];
    const { id } = first;
    const claims = claimsOf(entries);
    const about = (field: string, what: string) =>
      ({
        code: "node-differs",
        subject: `node ${id}`,
        path: `nodes[${id}].${field}`,
        what,
      }) as const;
    return {
      id,
      package: settle(
        { ...about("package", "package"), claims: claims((node) => node.package) },
        report,
      ),
      cpus: onNode.get(id) ?? null,
      memoryBytes: settle(
        {
          ...about("memoryBytes", "bytes of memory"),
          claims: claims((node) => node.memoryBytes),
          same: sameSize,
          better: exactSize,
        },
        report,
      ),
      // It changes between two readings, so that sources differ in it without a contradiction.
      freeBytes:
        claims((node) => node.freeBytes).find(({ value }) => value !== null)?.value ?? null,
      sideCacheBytes: settle(
        {
          ...about("sideCacheBytes", "bytes of memory-side cache"),
          claims: claims((node) => node.sideCacheBytes),
        },
        report,
      ),
      kind: settle({ ...about("kind", "kind"), claims: claims((node) => node.kind) }, report),
      hugepages: mergeHugepages(id, entries, report),
    };
  });
}

/**
 * Merges the pools of a node. A source that tells of huge pages but not of this size says that
 * there are none of it; a source that tells of none at all (null) says nothing.
 */
function mergeHugepages(
  id: number,
  entries: Entries<MemoryNode>,
  report: Report,
): MemoryNode["hugepages"] {
  const told = entries.flatMap(([part, { hugepages }]) =>
    hugepages === null ? [] : [{ part, hugepages }],
  );
  if (told.length === 0) return null;
  const sizes = new Set(told.flatMap(({ hugepages }) => hugepages.map((pool) => pool.sizeBytes)));
  return [...sizes].map((sizeBytes) => {
    const found = told.map(({ part, hugepages }) => ({
      part,
      pool: hugepages.find((pool) => pool.sizeBytes === sizeBytes),
    }));
    const list = found.flatMap(({ part, pool }): (readonly [Part, HugepagePool])[] =>
      pool === undefined ? [] : [[part, pool]],
    );
    const without = found.flatMap(({ part, pool }) =>
      pool === undefined ? [{ label: part.label, value: 0 }] : [],
    );
    const claims = claimsOf(list);
    const about = (field: string, what: string) =>
      ({
        code: "node-differs",
        subject: `node ${id}`,
        path: `nodes[${id}].hugepages[${sizeBytes}].${field}`,
        what: `${what} of ${formatBytes(sizeBytes)}`,
      }) as const;
    const total = settle(
      { ...about("total", "huge pages"), claims: [...claims((pool) => pool.total), ...without] },
      report,
    );
    invariant(total !== null, "every pool of huge pages has a total");
    return {
      sizeBytes,
      total,
      free: settle(
        { ...about("free", "free huge pages"), claims: claims((pool) => pool.free) },
        report,
      ),
    };
  });
}

/**
 * Merges the distances between the merged nodes, each pair from the first source that knows it. A
 * matrix cannot hold unknown values, so if no source knows some pair, there are no distances, and a
 * finding says so.
 */
export function mergeDistances(
  parts: readonly Part[],
  nodes: readonly NodeParts[],
  report: Report,
): Topology["distances"] {
  const known = parts
    .filter(({ topology }) => topology.distances !== null)
    .map(({ label, topology }) => ({ label, topology, between: distancesOf(topology) }));
  if (known.length === 0) return null;
  let differing = 0;
  const matrix = nodes.map(({ id: from }) =>
    nodes.map(({ id: to }) => {
      const claims = known.map(({ label, between }) => ({ label, value: between(from, to) }));
      const values = claims.flatMap(({ value }) => value ?? []);
      if (new Set(values).size > 1 && ++differing <= findingsMax) {
        const [subject, path] = [`nodes ${from} and ${to}`, `distances[${from}][${to}]`];
        settle({ code: "distance-differs", subject, path, what: "distance", claims }, report);
      }
      return values[0] ?? null;
    }),
  );
  if (differing > findingsMax) report(manyMore(differing - findingsMax));
  const complete = matrix.map((row) => row.filter((value) => value !== null));
  const missing = nodes.length ** 2 - complete.flat().length;
  if (missing === 0) return complete;
  report({
    code: "distances-incomplete",
    subject: "the machine",
    path: "distances",
    values: known.map(({ label, topology }) => ({ source: label, value: topology.nodes.length })),
    message:
      `distances are left out: no source knows ${missing} of the ${nodes.length ** 2} ` +
      `between the merged nodes`,
  });
  return null;
}

/** The most findings of one kind; sources that differ everywhere get one summary for the rest. */
const findingsMax = 64;

function manyMore(count: number): MergeFinding {
  return {
    code: "distance-differs",
    subject: "the machine",
    path: "distances",
    values: [],
    message: `the sources differ in the distances of ${count} more pairs of nodes`,
  };
}

/** Merges access figures, by the pair of nodes and the basis. */
export function mergeAccess(parts: readonly Part[], report: Report): Access[] {
  const groups = grouped(
    parts,
    ({ topology }) => topology.access,
    ({ initiator, target, basis }) => `${initiator} ${target} ${basis}`,
  );
  return [...groups.values()].flatMap((entries) => {
    const [, first] = entries[0] ?? [];
    if (first === undefined) return [];
    const { initiator, target, basis } = first;
    const claims = claimsOf(entries);
    const about = (field: string, what: string) =>
      ({
        code: "access-differs",
        subject: `nodes ${initiator} and ${target}`,
        path: `access[${initiator},${target},${basis}].${field}`,
        what,
      }) as const;
    return {
      initiator,
      target,
      readLatencyNs: settle(
        { ...about("readLatencyNs", "latency in ns"), claims: claims((one) => one.readLatencyNs) },
        report,
      ),
      readBytesPerSecond: settle(
        {
          ...about("readBytesPerSecond", "bandwidth in B/s"),
          claims: claims((one) => one.readBytesPerSecond),
        },
        report,
      ),
      basis,
    };
  });
}
