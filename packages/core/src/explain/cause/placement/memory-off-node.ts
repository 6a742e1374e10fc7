import { formatBytes } from "../../../unit/bytes.ts";
import { percent } from "../../../verify/verdict/check.ts";
import { astrayOf, isJudged, linesOf } from "../../subject/astray.ts";
import { accused, type Cause } from "../../subject/cause.ts";
import { movedHome } from "./moved-home.ts";

/**
 * Memory on another node costs latency and bandwidth twice: for the vCPUs that read it, and for
 * the accelerators that copy it. How it came there is a cause of its own where that can be seen;
 * what is left is memory whose policy is right and whose pages are not, as where it was bound too
 * late (github.com/NVIDIA/TensorRT-LLM/pull/18117: 22 % of the pages remote).
 */
export const memoryOffNode: Cause = {
  code: "memory-off-node",
  layer: "host",
  looksFor: "memory lies on another node than the accelerators, or than the rest of it",
  observable: "memory[].onNodes",
  readFrom: "/proc/PID/numa_maps",
  acquittedBy: "all pages on the nodes that it belongs on",
  followsFrom: [
    "node-full",
    "hugepages-short",
    "memory-interleaved",
    "memory-bound-elsewhere",
    "memory-unbound",
    "binding-left",
  ],
  judge: (subject) => {
    const astray = astrayOf(subject);
    if (isJudged(astray)) return astray;
    const { home, bytes, total, elsewhere, spread, cells, mappings } = astray;
    const shares = [...elsewhere].map(
      ([node, amount]) => `${percent(amount, total)} on node ${node}`,
    );
    return accused({
      about: "memory",
      expected: `all on ${home.why}`,
      found: `${formatBytes(bytes)} elsewhere: ${shares.join(", ")}`,
      evidence: linesOf(mappings),
      seen: "directly",
      cost: subject.price({ memory: spread }, cells),
      remedy: movedHome(subject, astray),
    });
  },
};
