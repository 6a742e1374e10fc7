import { formatBytes } from "../../unit/bytes.ts";
import { allocationText } from "../merge/merge-caches.ts";
import type { L3Cache, Topology } from "../topology.ts";
import { changeText, paired, type TopologyDifference } from "./difference.ts";

/**
 * The changes of L3 caches and of how they can be partitioned. Caches are paired by their cores,
 * because their numbers have no meaning. A cache whose cores disappeared or were regrouped is
 * reported with the cores.
 */
export function cacheDifferences(a: Topology, b: Topology): TopologyDifference[] {
  const caches = paired(described(a), described(b), ({ cpus }) => cpus);
  const allocations = [a, b].map(({ cacheAllocation }) =>
    cacheAllocation === null ? null : allocationText(cacheAllocation),
  );
  const [before = null, after = null] = allocations;
  return [
    ...caches.flatMap(changes),
    ...(before === after
      ? []
      : [
          {
            group: "cpus",
            subject: "caches",
            path: "cacheAllocation",
            before,
            after,
            lasting: false,
            message: changeText("the allocation of caches", before, after),
          } as const,
        ]),
  ];
}

interface Described {
  readonly cpus: string;
  readonly cache: L3Cache;
}

function described({ cores, l3Caches }: Topology): Described[] {
  const below = Map.groupBy(cores, ({ l3 }) => l3);
  const known = new Map(l3Caches.map((cache) => [cache.id, cache]));
  return [...below].flatMap(([id, members]): Described[] => {
    if (id === null) return [];
    const cpus = members.map((core) => core.cpus).join(",");
    return [{ cpus, cache: known.get(id) ?? { id, sizeBytes: null, ways: null, kernelId: null } }];
  });
}

const fields = [
  { field: "sizeBytes", what: "size", show: (value: number) => formatBytes(value) },
  { field: "ways", what: "number of ways", show: String },
  { field: "kernelId", what: "kernel's number", show: String },
] as const;

function changes(pair: {
  readonly before: Described | null;
  readonly after: Described | null;
}): TopologyDifference[] {
  const { before, after } = pair;
  if (before === null || after === null) return [];
  return fields.flatMap(({ field, what, show }): TopologyDifference[] => {
    const [old, current] = [before.cache[field], after.cache[field]];
    if (old === current) return [];
    const subject = `L3 ${before.cache.id}`;
    return [
      {
        group: "cpus",
        subject,
        path: `l3Caches[${before.cache.id}].${field}`,
        before: old,
        after: current,
        lasting: true,
        message: changeText(`the ${what} of ${subject}`, old, current, (value) =>
          show(Number(value)),
        ),
      },
    ];
  });
}
