import { sumOf } from "../../../unit/sum.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { astrayOf, isJudged, isPooled, linesOf, mostOf, routeOf } from "../../subject/astray.ts";
import { accused, acquitted, type Cause, type Judgement, untold } from "../../subject/cause.ts";
import { type Home, listed } from "../../subject/home.ts";
import type { Subject } from "../../subject/subject.ts";
import { areKept } from "../../subject/whereabouts.ts";

/**
 * Where a node has no room the kernel takes pages from the next one and says nothing, unless the
 * policy forbids it (`bind`). So the second VM on a node is not the twin of the first. The kernel
 * counts such pages as `numa_foreign` of the node that was full.
 * https://docs.kernel.org/admin-guide/numastat.html
 *
 * Only memory that was meant for the node fell over: what prefers it, or has no policy while all
 * workers run there.
 */
export const nodeFull: Cause = {
  code: "node-full",
  layer: "host",
  looksFor: "the node was full, so the kernel took pages from another one",
  observable: "machine.nodes[].{freeBytes,cacheBytes,foreignPages} beside memory[].onNodes",
  readFrom: "/sys/devices/system/node/node*/{meminfo,numastat}",
  acquittedBy: "room on the node for what lies elsewhere, or no pages that were refused there",
  followsFrom: [],
  judge: (subject) => {
    const astray = astrayOf(subject);
    if (isJudged(astray)) return astray;
    const { home } = astray;
    const { workers, topology } = subject;
    const meant = topology === null ? null : areKept(workers, home, topology);
    const fell = mostOf(
      astray,
      (mapping) => {
        const route = routeOf(mapping, home);
        if (route === "interleaved" || route === "sent") return false;
        const pooled = isPooled(mapping);
        if (pooled === true || mapping.policy?.mode === "bind") return false;
        if (route === null || pooled === null) return null;
        return route === "kept" ? true : meant;
      },
      "what lies elsewhere was not meant for the node alone",
      "whether the memory was meant for the node is not known: numa_maps and its threads would tell",
    );
    if (isJudged(fell)) return fell;
    const room = roomAt(subject, home);
    if (isJudged(room)) return room;
    const where = listed([...home.nodes]);
    const bytes = sumOf(fell, (one) => one.bytes);
    if (room.bytes >= bytes) return acquitted(`${where} has ${formatBytes(room.bytes)} to give`);
    if (room.foreignPages === 0) return acquitted(`no page was ever refused on ${where}`);
    return accused({
      about: "memory",
      expected: `room for all of it on ${where}`,
      found: `${where} has ${formatBytes(room.bytes)} to give, and ${formatBytes(bytes)} lie elsewhere`,
      evidence: [`numastat: numa_foreign ${room.foreignPages} on ${where}`, ...linesOf(fell)],
      seen: "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        `Make room for ${formatBytes(bytes)} on ${where}, or start it on a node that has room.`,
      ),
    });
  },
};

/** What could be had at home now, and how many pages were refused there. */
function roomAt(
  { machine }: Subject,
  home: Home,
): { readonly bytes: number; readonly foreignPages: number } | Judgement {
  const nodes = (machine?.nodes ?? []).filter(({ id }) => home.nodes.has(id));
  const known = nodes.flatMap(({ freeBytes, cacheBytes, foreignPages }) =>
    freeBytes === null || cacheBytes === null || foreignPages === null
      ? []
      : [{ bytes: freeBytes + cacheBytes, foreignPages }],
  );
  if (known.length < home.nodes.size) {
    return untold("the memory of the nodes was not read: their meminfo and numastat would tell");
  }
  return {
    bytes: sumOf(known, ({ bytes }) => bytes),
    foreignPages: sumOf(known, ({ foreignPages }) => foreignPages),
  };
}
