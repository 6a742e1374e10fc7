import { restartFromPlan } from "../../../remedy/remedy.ts";
import { sum, sumOf } from "../../../unit/sum.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { percent } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { shareOff } from "../../subject/spread.ts";

/** Less than this is noise: a VM's emulator and its page tables lie where they like. */
const noticed = 0.02;

/** Memory that lies on another node than the subject belongs on. */
export const memoryOffNode: Cause = {
  code: "memory-off-node",
  layer: "host",
  looksFor: "memory lies on another node than the accelerators, or than the rest of it",
  observable: "memory[].onNodes",
  readFrom: "/proc/PID/numa_maps",
  acquittedBy: "all pages on the nodes that it belongs on",
  followsFrom: ["memory-unbound"],
  judge: ({ evidence, memory, memoryByNode, home, price }) => {
    if (evidence.of === "machine") return irrelevant;
    if (memory === null || memoryByNode === null) return untold("its numa_maps was not read");
    if (home === null) return untold("the node of its accelerators is not known");
    const total = sum(memoryByNode.values());
    if (total === 0) return irrelevant;
    const off = shareOff(memoryByNode, home.nodes);
    if (off < noticed) return acquitted(`${percent(1 - off, 1)} of it is on ${home.why}`);
    const parts = [...memoryByNode]
      .filter(([node, bytes]) => !home.nodes.has(node) && bytes > 0)
      .toSorted(([a], [b]) => a - b);
    const shares = parts.map(([node, bytes]) => `${percent(bytes, total)} on node ${node}`);
    const bytes = sumOf(parts, ([, amount]) => amount);
    return accused({
      about: "memory",
      expected: `all on ${home.why}`,
      found: `${formatBytes(bytes)} elsewhere: ${shares.join(", ")}`,
      evidence: memory
        .filter(({ onNodes }) => onNodes.some(({ node }) => !home.nodes.has(node)))
        .slice(0, 4)
        .map(({ where, line }) => `${where}: ${line}`),
      seen: "directly",
      cost: price({ memory: memoryByNode }),
      remedy: restartFromPlan,
    });
  },
};
