import type { AcceleratorState } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, likeIn, nameOf } from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/** In the driver's words what keeps two accelerators from copying directly. */
const reasons: ReadonlyMap<string, string> = new Map([
  ["CNS", "the chipset does not support it"],
  ["TNS", "they are connected in a way that does not support it"],
  ["DR", "a setting of the driver disables it"],
]);

/**
 * Accelerators that may not copy to each other directly send everything through the host's memory.
 * The driver says why: the way between them (CNS, TNS) or a setting (DR). A product that never can
 * (GNS, NS) is in order unless the twin's can. https://docs.nvidia.com/deploy/nvidia-smi/ ("topo
 * -p2p")
 */
export const peerCopiesOff: Cause = {
  code: "peer-copies-off",
  layer: "device",
  looksFor: "two accelerators may not copy to each other directly",
  observable: "accelerators[].peers[].status",
  readFrom: "nvidia-smi topo -p2p r",
  acquittedBy: "OK between all, or a product that never can",
  followsFrom: [],
  judge: (subject, twin) =>
    judgeStates(subject, (states) => {
      const own = new Set(states.map(({ address }) => address));
      return judgeEach(states, "direct copies", (state) => {
        if (states.length < 2 && state.peers === null) return "it has one accelerator";
        if (state.peers === null) return null;
        // On a machine that is shared the tool lists the accelerators of others too.
        const isOwn = ({ address }: { readonly address: string }): boolean =>
          subject.evidence.of === "vm" || own.has(address);
        const bad = state.peers.filter(
          (peer) =>
            isOwn(peer) && (reasons.has(peer.status) || isTwinAble(peer.status, state, twin)),
        );
        const [first] = bad;
        if (first === undefined) return "nothing in the way of direct copies";
        const why = reasons.get(first.status);
        const word = `${first.status}${why === undefined ? "" : `: ${why}`}`;
        return {
          about: nameOf(state),
          expected: "direct copies between its accelerators (OK)",
          found: `none to ${first.address}${bad.length > 1 ? ` and ${bad.length - 1} more` : ""} (${word})`,
          evidence: bad.map(
            ({ address, status }) =>
              `nvidia-smi topo -p2p r: ${nameOf(state)} to ${address} ${status}`,
          ),
          seen: "directly",
          cost: unknownCost,
          remedy: advice(
            "restart",
            "Use accelerators below one switch or one processor. If the driver disables it (DR), undo that setting of the module.",
          ),
        };
      });
    }),
};

/** Whether the product itself cannot, and the twin's of the same product can. */
function isTwinAble(status: string, state: AcceleratorState, twin: Subject | null): boolean {
  if (status !== "GNS" && status !== "NS") return false;
  return likeIn(twin, state).some(({ peers }) => (peers ?? []).some((one) => one.status === "OK"));
}
