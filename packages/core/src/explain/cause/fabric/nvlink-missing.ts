import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, likeIn, nameOf } from "../../subject/accelerator-states.ts";
import { interconnects, isDirect } from "../../../topology/interconnect.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
} from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { devicesOf } from "../../subject/yardstick.ts";
import { mayHideLinks } from "./own-links.ts";
import { pairsOf } from "./pairs.ts";

/**
 * The twin's accelerators of the same product have NVLink and these have none: no bridge is plugged
 * in, or the fabric is not given to the VM. Copies between accelerators then go over PCI Express. A
 * product that can have NVLink works without it as well, so this needs the twin.
 */
export const nvlinkMissing: Cause = {
  code: "nvlink-missing",
  layer: "fabric",
  looksFor: "its accelerators have no NVLink, those of its twin do",
  observable: "accelerators[].nvlinks.total, or machine.topology.links of a process",
  readFrom: "nvidia-smi nvlink -s, topo -m",
  acquittedBy: "NVLinks, or a twin without any",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    const [mine, other] = [linkedPairs(subject), linkedPairs(twin)];
    if (mine !== null && other !== null && mine.model === other.model && other.linked > 0) {
      if (mine.linked > 0) return acquitted(`${mine.linked} pairs have NVLink`);
      return accused(
        missing(mine.addresses, "NVLink between its accelerators, as the twin has", []),
      );
    }
    return judgeStates(subject, (states) =>
      judgeEach(states, "NVLink here and in the twin", (state) => {
        if (state.nvlinks === null) return null;
        if (state.nvlinks.total > 0) return `${state.nvlinks.total} NVLinks each`;
        const theirs = likeIn(twin, state).flatMap(({ nvlinks }) => nvlinks?.total ?? []);
        if (theirs.length === 0) return null;
        const most = Math.max(...theirs);
        if (most === 0) return "no NVLink, and none in the twin";
        const product = state.productName ?? "GPU";
        return missing(nameOf(state), `${most} NVLinks, as the twin's ${product} has`, [
          `nvidia-smi nvlink -s: no links of ${nameOf(state)}`,
        ]);
      }),
    );
  },
};

function missing(about: string, expected: string, evidence: readonly string[]): Accusation {
  return {
    about,
    expected,
    found: "no NVLink",
    evidence,
    seen: "inferred",
    cost: unknownCost,
    remedy: advice(
      "host-reboot",
      "Plug in the NVLink bridge, or use accelerators that have one between them.",
    ),
  };
}

/**
 * How many pairs of a process's accelerators have a direct link, by the machine's own tool. Null
 * with one accelerator, where nobody asked the tool and they may well have some, and of a VM: its
 * host does not see the links of what it passes through.
 */
function linkedPairs(
  subject: Subject,
): { readonly linked: number; readonly model: string | null; readonly addresses: string } | null {
  const { evidence, topology } = subject;
  if (topology === null || evidence.of === "vm" || evidence.of === "machine") return null;
  const { accelerators } = devicesOf(evidence, topology);
  if (accelerators.length < 2) return null;
  const between = interconnects(topology);
  const linked = pairsOf(accelerators).filter(([a, b]) => isDirect(between(a, b) ?? ""));
  const byAddress = new Map(topology.pci.map((one) => [one.address, one]));
  const isUnread = topology.interconnects.length === 0;
  if (isUnread && mayHideLinks({ topology, byAddress, accelerators })) return null;
  const first = topology.accelerators.find(({ address }) => address === accelerators[0]);
  return {
    linked: linked.length,
    model: first?.model ?? null,
    addresses: accelerators.join(", "),
  };
}
