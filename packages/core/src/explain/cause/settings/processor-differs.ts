import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { highestKHz } from "../../subject/own-cpus.ts";
import { byVersion } from "../../subject/versions.ts";

/**
 * Hosts of one name and one GPU often have processors of two generations. It is no fault, and
 * explains much. Told of the host whose processor clocks lower, or where that is unknown or equal,
 * whose name is the lower.
 */
export const processorDiffers: Cause = {
  code: "processor-differs",
  layer: "host",
  looksFor: "its host has another processor than the twin's",
  observable: "machine.topology.machine.cpuModel",
  readFrom: "/proc/cpuinfo",
  acquittedBy: "the same processor",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    const own = subject.topology?.machine.cpuModel ?? null;
    const other = twin.topology?.machine.cpuModel ?? null;
    if (own === null || other === null) return untold("the processor was not told of both hosts");
    if (own === other) return acquitted(own);
    const [ownMax, otherMax] = [highestKHz(subject), highestKHz(twin)];
    const isLower =
      ownMax === null || otherMax === null || ownMax === otherMax
        ? byVersion(own, other) < 0
        : ownMax < otherMax;
    if (!isLower) return acquitted(`${own}, no slower by its clock or name than ${other}`);
    return accused({
      about: "processor",
      expected: `${other}, as the other's host has`,
      found: own,
      evidence: [`/proc/cpuinfo: ${own}; on the other: ${other}`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice("restart", "Run both on hosts of one kind, or sell them as two flavors."),
    });
  },
};
