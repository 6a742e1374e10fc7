import { indexSet, isDisjoint, isEmpty } from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { astrayOf, isJudged, linesOf, mostOf, type Route, routeOf } from "../../subject/astray.ts";
import { accused, type Cause } from "../../subject/cause.ts";
import { listed } from "../../subject/home.ts";
import { movedHome } from "./moved-home.ts";

/**
 * The policy of the memory, or else the cpuset of the process, names nodes where the memory does
 * not belong: a domain copied from another host, a rank that was bound by its number instead of by
 * its GPU (mlperf-common's bindpcie takes rank / GPUs per node for the node), a cpuset of the
 * wrong socket. The kernel does exactly as it was told.
 */
export const memoryBoundElsewhere: Cause = {
  code: "memory-bound-elsewhere",
  layer: "host",
  looksFor: "the memory is bound to a node where it does not belong",
  observable: "memory[].policy of mappings with pages elsewhere, threads[].allowedNodes",
  readFrom: "/proc/PID/numa_maps, /proc/PID/status",
  acquittedBy: "a policy and a cpuset that name the nodes where it belongs, or no pages elsewhere",
  followsFrom: ["binding-left"],
  judge: (subject) => {
    const astray = astrayOf(subject);
    if (isJudged(astray)) return astray;
    const { home } = astray;
    const allowed = subject.evidence.threads?.[0]?.allowedNodes ?? null;
    const sent = mostOf(
      astray,
      (mapping) => isSent(routeOf(mapping, home), allowed, home.nodes),
      "neither its policy nor its cpuset names the nodes where the rest lies",
      "the policy of its memory or the nodes of its cpuset were not read",
    );
    if (isJudged(sent)) return sent;
    const { policy = null } = sent[0]?.mapping ?? {};
    const isPolicy = policy !== null && policy.nodes !== "";
    return accused({
      about: "memory",
      expected: `bound to ${listed([...home.nodes])}`,
      found: isPolicy
        ? `its policy is ${policy.mode}:${policy.nodes}`
        : `its cpuset allows memory on nodes ${allowed ?? ""} only`,
      evidence: linesOf(sent),
      seen: "directly",
      cost: unknownCost,
      remedy: movedHome(subject, astray),
    });
  },
};

function isSent(
  route: Route | null,
  allowed: string | null,
  home: ReadonlySet<number>,
): boolean | null {
  if (route === null) return null;
  if (route !== "unbound") return route === "sent";
  if (allowed === null) return null;
  const nodes = setOf(allowed);
  return !isEmpty(nodes) && isDisjoint(nodes, indexSet(home));
}
