import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { sum } from "../../../unit/sum.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/** What kernels keep for themselves differs by less; one module of 24 is more. */
const alike = 0.97;

/**
 * A module of memory that is missing, or that the firmware left out after an error, leaves its
 * channel empty: besides the memory the bandwidth is gone, and no speed that the firmware reports
 * shows it (club-3090 pull request 919: 7 of 8 modules, 70 in place of 100 GB/s). Hosts may have
 * been bought with less, so it is a difference and no fault, told of the one with less.
 */
export const hostMemoryLess: Cause = {
  code: "host-memory-less",
  layer: "host",
  looksFor: "its host has less memory than the twin's: a module may be missing, and its bandwidth",
  observable: "machine.nodes[].memoryBytes",
  readFrom: "/sys/devices/system/node/node*/meminfo (MemTotal)",
  acquittedBy: "as much memory as the twin's host, or more",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    const [own, other] = [memoryOf(subject), memoryOf(twin)];
    if (own === null || other === null) return untold("the hosts' memory was not read of both");
    const [model, twins] = [subject, twin].map(
      ({ topology }) => topology?.machine.cpuModel ?? null,
    );
    if (model !== twins) return irrelevant;
    if (own >= other * alike) return acquitted(`${formatBytes(own)} of memory`);
    return accused({
      about: "memory of the host",
      expected: `${formatBytes(other)}, as the other's host has`,
      found: `${formatBytes(own)}: a memory channel without its module has no bandwidth either`,
      evidence: [`MemTotal of all nodes: ${own} bytes; on the other: ${other} bytes`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "host-reboot",
        "See whether every channel has its module: dmidecode -t memory, and the log of the " +
          "machine's management (BMC).",
      ),
    });
  },
};

/** The memory of all nodes; null where one is unknown. */
function memoryOf({ machine, topology }: Subject): number | null {
  for (const nodes of [machine?.nodes ?? [], topology?.nodes ?? []]) {
    const sizes = nodes.flatMap(({ memoryBytes }) => memoryBytes ?? []);
    if (sizes.length > 0 && sizes.length === nodes.length) return sum(sizes);
  }
  return null;
}
