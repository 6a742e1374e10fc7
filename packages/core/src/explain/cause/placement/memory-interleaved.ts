import { unknownCost } from "../../../verify/verdict/check.ts";
import { astrayOf, isJudged, linesOf, mostOf, routeOf } from "../../subject/astray.ts";
import { accused, type Cause } from "../../subject/cause.ts";
import { listed } from "../../subject/home.ts";
import { movedHome } from "./moved-home.ts";

/**
 * An interleaved policy, weighted or not, puts page after page on every one of its nodes. For a
 * program as wide as the machine that is right; memory that belongs beside one node's accelerators
 * is then remote for the most part. https://docs.kernel.org/admin-guide/mm/numa_memory_policy.html
 */
export const memoryInterleaved: Cause = {
  code: "memory-interleaved",
  layer: "host",
  looksFor: "the policy of the memory spreads its pages over nodes where it does not belong",
  observable: "memory[].policy of mappings with pages elsewhere",
  readFrom: "/proc/PID/numa_maps",
  acquittedBy: "another policy, or no pages elsewhere",
  followsFrom: ["binding-left"],
  judge: (subject) => {
    const astray = astrayOf(subject);
    if (isJudged(astray)) return astray;
    const { home } = astray;
    const interleaved = mostOf(
      astray,
      (mapping) => {
        const route = routeOf(mapping, home);
        return route === null ? null : route === "interleaved";
      },
      "what lies elsewhere is not interleaved",
      "the policy of its memory was not read: numa_maps would tell",
    );
    if (isJudged(interleaved)) return interleaved;
    const nodes = interleaved[0]?.mapping.policy?.nodes ?? "";
    return accused({
      about: "memory",
      expected: `bound to ${listed([...home.nodes])}`,
      found: nodes === "" ? "interleaved" : `interleaved over nodes ${nodes}`,
      evidence: linesOf(interleaved),
      seen: "directly",
      cost: unknownCost,
      remedy: movedHome(subject, astray),
    });
  },
};
