import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { listed } from "../../subject/home.ts";
import { shareOff } from "../../subject/spread.ts";

/**
 * First touch: with no memory policy a page goes to the node of the CPU that touches it first, and
 * stays there. So memory lies where the process ran when it started, whatever it was bound to
 * later.
 */
export const memoryUnbound: Cause = {
  code: "memory-unbound",
  layer: "host",
  looksFor: "memory has no policy, so its pages went to whichever node touched them first",
  observable: "memory[].policy of mappings with pages elsewhere",
  readFrom: "/proc/PID/numa_maps",
  acquittedBy: "a policy that binds the memory, or no pages elsewhere",
  followsFrom: [],
  judge: ({ evidence, memory, memoryByNode, home }) => {
    if (evidence.of === "machine") return irrelevant;
    if (memory === null || memoryByNode === null) return untold("its numa_maps was not read");
    if (home === null) return untold("the node of its accelerators is not known");
    const astray = memory.filter(({ onNodes }) =>
      onNodes.some(({ node, bytes }) => bytes > 0 && !home.nodes.has(node)),
    );
    const off = shareOff(memoryByNode, home.nodes);
    if (off < 0.02) return acquitted("no pages elsewhere");
    const unbound = astray.filter(({ policy }) => policy?.mode === "default");
    if (unbound.length === 0) return acquitted("its memory has a policy");
    return accused({
      about: "memory",
      expected: `bound to ${listed([...home.nodes])} before its first page`,
      found: "no policy: each page is on the node that touched it first",
      evidence: unbound.slice(0, 4).map(({ where, line }) => `${where}: ${line}`),
      seen: "directly",
      cost: unknownCost,
      remedy: advice("restart", `Bind its memory to ${listed([...home.nodes])} when it starts.`),
    });
  },
};
