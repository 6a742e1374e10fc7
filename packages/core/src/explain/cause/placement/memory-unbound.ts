import { unknownCost } from "../../../verify/verdict/check.ts";
import { astrayOf, isJudged, linesOf, mostOf, routeOf } from "../../subject/astray.ts";
import { accused, type Cause } from "../../subject/cause.ts";
import { listed } from "../../subject/home.ts";
import { movedHome } from "./moved-home.ts";

/**
 * First touch: with no memory policy a page goes to the node of the CPU that touches it first, and
 * stays there. So memory lies where the process ran when it started, whatever it was bound to
 * later. numa_maps says `default` only where neither the mapping nor the process has a policy.
 * https://docs.kernel.org/admin-guide/mm/numa_memory_policy.html
 */
export const memoryUnbound: Cause = {
  code: "memory-unbound",
  layer: "host",
  looksFor: "memory has no policy, so its pages went to whichever node touched them first",
  observable: "memory[].policy of mappings with pages elsewhere",
  readFrom: "/proc/PID/numa_maps",
  acquittedBy: "a policy that binds the memory, or no pages elsewhere",
  followsFrom: ["node-full", "hugepages-short", "memory-bound-elsewhere", "binding-left"],
  judge: (subject) => {
    const astray = astrayOf(subject);
    if (isJudged(astray)) return astray;
    const { home } = astray;
    const unbound = mostOf(
      astray,
      (mapping) => {
        const route = routeOf(mapping, home);
        return route === null ? null : route === "unbound";
      },
      "what lies elsewhere has a policy",
      "the policy of its memory was not read: numa_maps would tell",
    );
    if (isJudged(unbound)) return unbound;
    return accused({
      about: "memory",
      expected: `bound to ${listed([...home.nodes])} before its first page`,
      found: "no policy: each page is on the node that touched it first",
      evidence: linesOf(unbound),
      seen: "directly",
      cost: unknownCost,
      remedy: movedHome(subject, astray),
    });
  },
};
