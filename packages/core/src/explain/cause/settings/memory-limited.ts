import type { CgroupEvidence } from "../../../evidence/evidence.ts";
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
  judge: ({ evidence: { of, cgroups } }) => {
    if (of === "machine") return irrelevant;
    const read = cgroups.filter(({ limits }) => limits !== null);
    if (read.length === 0)
      return untold("memory.max and memory.events of its cgroups were not read");
    const found = read.flatMap(accusation);
    if (found.length > 0) return accused(...found.slice(0, 4));
    const isLimited = read.some(
      ({ limits }) => (limits?.memoryMaxBytes ?? limits?.memoryHighBytes ?? null) !== null,
    );
    return acquitted(isLimited ? "its limits leave it room" : "no limit on its memory");
  },
};

function accusation({ path, where, limits }: CgroupEvidence): Accusation[] {
  if (limits === null) return [];
  const { memoryMaxBytes, memoryHighBytes, memoryBytes, memoryCacheBytes, memoryReclaims } = limits;
  const set = [memoryMaxBytes, memoryHighBytes].filter((limit) => limit !== null);
  if (set.length === 0 || memoryReclaims === null || memoryReclaims === 0) return [];
  const limit = Math.min(...set);
  const kept =
    memoryBytes === null || memoryCacheBytes === null ? null : memoryBytes - memoryCacheBytes;
  if (kept !== null && kept < limit * tight) return [];
  const name = limit === memoryHighBytes ? "memory.high" : "memory.max";
  const amount = kept === null ? "" : `, of which ${formatBytes(kept)} are in use for good`;
  return [
    {
      about: `cgroup ${path}`,
      expected: "room for all that it uses",
      found: `limited to ${formatBytes(limit)}${amount}; it had to free memory ${memoryReclaims} times`,
      evidence: [`${where}: ${name} ${limit}, memory.events high and max ${memoryReclaims}`],
      seen: "directly",
      cost: unknownCost,
      remedy: advice(
        "live",
        `Raise the limit of cgroup ${path}: write more, or max, to ${name}; in Kubernetes raise ` +
          "the memory limit.",
      ),
    },
  ];
}
