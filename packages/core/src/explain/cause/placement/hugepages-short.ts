import { formatBytes } from "../../../unit/bytes.ts";
import { allKnown } from "../../../unit/list.ts";
import { sum, sumOf } from "../../../unit/sum.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { astrayOf, isJudged, isPooled, linesOf, mostOf, routeOf } from "../../subject/astray.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { type Home, listed } from "../../subject/home.ts";
import type { Subject } from "../../subject/subject.ts";

/**
 * Huge pages come from a pool of each node. Where the node's own is used up, a policy that only
 * prefers the node, or none at all, is served from another node's pool, without a word.
 * https://docs.kernel.org/admin-guide/mm/hugetlbpage.html
 */
export const hugepagesShort: Cause = {
  code: "hugepages-short",
  layer: "host",
  looksFor: "the node's pool of huge pages is used up, so they came from another node's",
  observable: "machine.topology.nodes[].hugepages beside memory[].onNodes",
  readFrom: "/sys/devices/system/node/node*/hugepages/*/free_hugepages",
  acquittedBy: "enough free huge pages on the node for what lies elsewhere",
  followsFrom: [],
  judge: (subject) => {
    const astray = astrayOf(subject);
    if (isJudged(astray)) return astray;
    const { home } = astray;
    const taken = mostOf(
      astray,
      (mapping) => {
        const route = routeOf(mapping, home);
        if (route === "interleaved" || route === "sent") return false;
        const pooled = isPooled(mapping);
        if (pooled === false || mapping.policy?.mode === "bind") return false;
        return route === null || pooled === null ? null : true;
      },
      "what lies elsewhere did not come from a pool that was meant to be the node's",
      "the page size or the policy of its memory was not read: numa_maps would tell",
    );
    if (isJudged(taken)) return taken;
    const pageBytes = taken[0]?.mapping.pageBytes ?? null;
    const free = pageBytes === null ? null : freeAt(subject, home, pageBytes);
    if (pageBytes === null || free === null)
      return untold("how many huge pages are free on each node was not read");
    const missing = Math.ceil(sumOf(taken, ({ bytes }) => bytes) / pageBytes);
    const where = listed([...home.nodes]);
    const pages = `huge pages of ${formatBytes(pageBytes)}`;
    if (free >= missing) return acquitted(`${where} has ${free} free ${pages}`);
    return accused({
      about: "memory",
      expected: `${missing} more ${pages} on ${where}`,
      found: `${where} has ${free} free`,
      evidence: [`free_hugepages on ${where}: ${free}`, ...linesOf(taken)],
      seen: "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        `Set aside ${missing} more ${pages} on ${where}, then start it again.`,
      ),
    });
  },
};

function freeAt({ topology }: Subject, home: Home, pageBytes: number): number | null {
  const nodes = (topology?.nodes ?? []).filter(({ id }) => home.nodes.has(id));
  const free = nodes.map(({ hugepages }) => {
    if (hugepages === null) return null;
    const pool = hugepages.find(({ sizeBytes }) => sizeBytes === pageBytes);
    return pool === undefined ? 0 : pool.free;
  });
  const known = allKnown(free);
  return known === null ? null : sum(known);
}
