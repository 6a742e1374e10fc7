import type { CacheAllocation, L3Cache } from "../topology.ts";
import { type Claim, claimsOf, grouped, type Part, type Report, settle } from "./finding.ts";
import type { MergedCpus } from "./merge-cpus.ts";

/** Merges L3 caches, matched by their cores. A cache without cores in the result is left out. */
export function mergeL3Caches(
  parts: readonly Part[],
  { cores, l3s }: MergedCpus,
  report: Report,
): L3Cache[] {
  const used = new Set(cores.map(({ l3 }) => l3));
  const renumbered = (part: Part, position: number): readonly L3Cache[] =>
    part.topology.l3Caches.map((cache) => ({ ...cache, id: l3s.numberOf(position, cache.id) }));
  const groups = grouped(parts, renumbered, ({ id }) => `${id}`);
  return [...groups.values()].flatMap((entries): L3Cache[] => {
    const id = entries[0]?.[1].id;
    if (id === undefined || !used.has(id)) return [];
    const claims = claimsOf(entries);
    const number = (name: "sizeBytes" | "ways" | "kernelId", what: string): number | null =>
      settle(
        {
          code: "cache-differs",
          subject: `L3 ${id}`,
          path: `l3Caches[${id}].${name}`,
          what,
          claims: claims((cache) => cache[name]),
        },
        report,
      );
    return [
      {
        id,
        sizeBytes: number("sizeBytes", "bytes"),
        ways: number("ways", "ways"),
        kernelId: number("kernelId", "number"),
      },
    ];
  });
}

/** Taken as a whole from the first source that has it, because its numbers belong together. */
export function mergeCacheAllocation(
  parts: readonly Part[],
  report: Report,
): CacheAllocation | null {
  return settle(
    {
      code: "cache-differs",
      subject: "the machine",
      path: "cacheAllocation",
      what: "the allocation of caches is",
      claims: parts.map(({ label, topology }): Claim<CacheAllocation> => ({
        label,
        value: topology.cacheAllocation,
      })),
      same: (a, b) => allocationText(a) === allocationText(b),
      show: allocationText,
    },
    report,
  );
}

/** `15 classes of at least 1 of ways 0-10, shared 9-10, bandwidth 8`. */
export function allocationText(allocation: CacheAllocation): string {
  const { classes, ways, sharedWays, waysMin, bandwidthClasses } = allocation;
  const shared = sharedWays === null ? "" : `, shared ${sharedWays === "" ? "none" : sharedWays}`;
  const bandwidth = bandwidthClasses === null ? "" : `, ${bandwidthClasses} of memory bandwidth`;
  return `${classes} classes of at least ${waysMin} of the ways ${ways}${shared}${bandwidth}`;
}
