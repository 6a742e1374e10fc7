import { advice } from "../../../remedy/remedy.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { priceOfCells } from "../../subject/cells.ts";
import { guestViewOf, hostUnseen } from "../../subject/guest-view.ts";
import { type Home, listed } from "../../subject/home.ts";

/**
 * A VM that is as wide as several nodes of the host, whose guest is shown one. Its kernel then
 * takes all memory to be equally near, and half of what a program reads or a GPU copies lies on
 * the other node, by chance. Guests with their own nodes keep threads, memory and GPUs together
 * (https://docs.kernel.org/mm/numa.html). Where the memory is interleaved, that was chosen.
 */
export const vnumaMissing: Cause = {
  code: "vnuma-missing",
  layer: "guest",
  looksFor: "the VM lies on several nodes of the host, and its guest is shown only one",
  observable: "guest.nodes, or shapes[].cells",
  readFrom: "/sys/devices/system/node in the guest; -numa, <numa> of libvirt",
  acquittedBy: "two nodes or more in the guest, or a VM that one node of the host holds",
  followsFrom: [],
  judge: (subject) => {
    const { evidence, home, memory } = subject;
    const view = guestViewOf(evidence);
    if (view === null) return irrelevant;
    if (view.isInside) return hostUnseen;
    const reported = view.report?.nodes?.length ?? null;
    const shown = reported ?? view.cells?.length ?? null;
    if (shown === null) return untold("neither the guest nor its hypervisor told of its nodes");
    if (shown > 1) return acquitted(`the guest sees ${shown} nodes`);
    if (home === null) return untold("the nodes that it belongs on are not known");
    const wide = widthOf(home);
    if (wide.size < 2) return acquitted("one node of the host holds it, as the guest sees it");
    if ((memory ?? []).some(({ policy }) => policy?.mode.includes("interleave") === true)) {
      return acquitted("its memory is interleaved over the nodes on purpose");
    }
    const even = new Map([...wide].map((node) => [node, 1]));
    const isCut = reported !== null && (view.cells ?? []).length > 1;
    return accused({
      about: "guest",
      expected: `${wide.size} nodes, as it has on the host`,
      found: `one node, with memory and vCPUs of ${listed([...wide])} of the host`,
      evidence: [view.report?.where, evidence.shapes[0]?.where].filter((one) => one !== undefined),
      seen: reported === null ? "inferred" : "directly",
      cost: priceOfCells(subject, [{ memory: even, workers: even, of: [] }]),
      remedy: isCut
        ? advice("restart", "Remove numa=off from the guest's kernel command line.")
        : advice(
            "restart",
            `Give the guest ${wide.size} nodes, each bound to one of the host's (-numa node, ` +
              "<numa> of libvirt), or start it from a plan.",
          ),
    });
  },
};

/** The nodes of its devices; or, if they are on one, all nodes that placement would give it. */
function widthOf({ nodes, yardstick }: Home): ReadonlySet<number> {
  if (nodes.size > 1 || yardstick === null || yardstick.cells.size < 2) return nodes;
  return yardstick.cells;
}
