import type { CgroupEvidence, CgroupLimits } from "../../../evidence/evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/** From this part of a limit on, what is freed is no longer only the page cache. */
const tight = 0.9;

/**
 * At its limit a cgroup must give pages back before it gets others: its threads free memory instead
 * of working, and beyond `memory.high` they are put to sleep as well.
 *
 * Reading large files fills every limit with page cache, which is given back at little cost: that
 * alone is no fault. So what counts is how much is left of the limit without the cache.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, memory.high and memory.events
 */
export const memoryLimited: Cause = {
  code: "memory-limited",
  layer: "host",
  looksFor: "a limit on its memory makes it free pages again and again",
  observable: "cgroups[].limits.memoryReclaims",
  readFrom: "/sys/fs/cgroup/**/memory.{max,high,current,events,stat}",
  acquittedBy: "no limit, or one that never made it free more than page cache",
  followsFrom: [],
  judge: ({ evidence: { of, cgroups } }, twin) => {
    if (of === "machine") return irrelevant;
    const read = cgroups.filter(({ limits }) => limits !== null);
    if (read.length === 0)
      return untold("memory.max and memory.events of its cgroups were not read");
    const isFree = neverReclaims(twin);
    const found = read.flatMap((cgroup) => accusation(cgroup, isFree));
    if (found.length > 0) return accused(...found.slice(0, 4));
    if (read.some(({ limits }) => isUntold(limits))) {
      return untold(
        "how much of its memory is page cache, or how often a limit made it free some, was not " +
          "read: memory.stat and memory.events would tell",
      );
    }
    const isLimited = read.some(
      ({ limits }) => (limits?.memoryMaxBytes ?? limits?.memoryHighBytes ?? null) !== null,
    );
    return acquitted(isLimited ? "its limits leave it room" : "no limit on its memory");
  },
};

/** The lower of its limits; null where it has none. */
function limitOf({ memoryMaxBytes, memoryHighBytes }: CgroupLimits): number | null {
  const set = [memoryMaxBytes, memoryHighBytes].filter((limit) => limit !== null);
  return set.length === 0 ? null : Math.min(...set);
}

/** What it has in use without the page cache; null where that was not read. */
function keptOf({ memoryBytes, memoryCacheBytes }: CgroupLimits): number | null {
  return memoryBytes === null || memoryCacheBytes === null ? null : memoryBytes - memoryCacheBytes;
}

/** Whether it has a limit that may be a fault or none, for all that was read. */
function isUntold(limits: CgroupLimits | null): boolean {
  const limit = limits === null ? null : limitOf(limits);
  if (limits === null || limit === null || limits.memoryReclaims === 0) return false;
  const kept = keptOf(limits);
  return kept === null || (limits.memoryReclaims === null && kept >= limit * tight);
}

/** Whether a twin's cgroups were read, and no limit ever made it free memory. */
function neverReclaims(twin: Subject | null): boolean {
  const read = (twin?.evidence.cgroups ?? []).flatMap(({ limits }) => limits ?? []);
  const isFree = (own: CgroupLimits): boolean =>
    own.memoryReclaims === 0 || (own.memoryReclaims === null && limitOf(own) === null);
  return read.length > 0 && read.every(isFree);
}

/** Where the page cache was not read, only a twin that never freed any shows that it is not all. */
function accusation({ path, where, limits }: CgroupEvidence, isTwinFree: boolean): Accusation[] {
  const limit = limits === null ? null : limitOf(limits);
  if (limits === null || limit === null) return [];
  const { memoryHighBytes, memoryReclaims } = limits;
  if (memoryReclaims === null || memoryReclaims === 0) return [];
  const kept = keptOf(limits);
  if (kept === null ? !isTwinFree : kept < limit * tight) return [];
  const name = limit === memoryHighBytes ? "memory.high" : "memory.max";
  const amount = kept === null ? "" : `, of which ${formatBytes(kept)} are in use for good`;
  return [
    {
      about: `cgroup ${path}`,
      expected: "room for all that it uses",
      found: `limited to ${formatBytes(limit)}${amount}; it had to free memory ${memoryReclaims} times`,
      evidence: [`${where}: ${name} ${limit}, memory.events high and max ${memoryReclaims}`],
      seen: kept === null ? "inferred" : "directly",
      cost: unknownCost,
      remedy: advice(
        "live",
        `Raise the limit of cgroup ${path}: write more, or max, to ${name}; in Kubernetes raise ` +
          "the memory limit.",
      ),
    },
  ];
}
