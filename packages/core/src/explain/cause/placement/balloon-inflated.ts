import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";

/** Less than this is no balloon but rounding. */
const noticed = 0.02;

/**
 * A balloon takes memory away from a guest that runs: the guest drops its caches or swaps, and the
 * host gets single pages back, which breaks its huge pages apart.
 * https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html (query-balloon)
 */
export const balloonInflated: Cause = {
  code: "balloon-inflated",
  layer: "hypervisor",
  looksFor: "a balloon has taken memory away from the guest",
  observable: "shapes[].balloon",
  readFrom: "QMP's query-balloon, virsh dumpxml (currentMemory)",
  acquittedBy: "a guest that may use all of its memory",
  followsFrom: [],
  judge: ({ evidence }) => {
    if (evidence.of !== "vm") return irrelevant;
    const balloons = evidence.shapes.flatMap(({ balloon, where }) =>
      balloon === null ? [] : [{ ...balloon, where }],
    );
    const [first] = balloons;
    if (first === undefined) {
      return untold("whether it has a balloon is not known: its monitor or libvirt would tell");
    }
    const inflated = balloons.find(
      ({ actualBytes, maxBytes }) => actualBytes < maxBytes * (1 - noticed),
    );
    if (inflated === undefined) {
      return acquitted(`the guest may use all of its ${formatBytes(first.maxBytes)}`);
    }
    const { actualBytes, maxBytes, where } = inflated;
    return accused({
      about: "memory",
      expected: `all of its ${formatBytes(maxBytes)} for the guest`,
      found: `the guest may use ${formatBytes(actualBytes)}; a balloon holds the rest`,
      evidence: [`${where}: ${actualBytes} of ${maxBytes} bytes`],
      seen: "directly",
      cost: unknownCost,
      remedy: advice("live", `Let the balloon give back ${formatBytes(maxBytes - actualBytes)}.`),
    });
  },
};
