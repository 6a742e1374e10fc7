import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { least, type LinkLimit, linkOnHost, shownLink } from "../../subject/guest-ports.ts";
import { type GuestView, passedDevices, judgeReport } from "../../subject/guest-view.ts";
import type { Subject } from "../../subject/subject.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/**
 * A topology file that says that a link to a GPU is slower than it is. NCCL believes it and plans
 * its rings for that: 0.12 GB/s where a file was dumped in a guest whose emulated switch says
 * 2.5 GT/s x1 (https://github.com/NVIDIA/nccl/issues/749).
 */
export const ncclFileSlow: Cause = {
  code: "nccl-file-slow",
  layer: "guest",
  looksFor: "NCCL's topology file says that a link to a GPU is slower than it is",
  observable: "guest.nccl.slowestLink",
  readFrom: "link_speed and link_width in the file that NCCL takes",
  acquittedBy: "links in the file that are no slower than on the host",
  followsFrom: [],
  judge: (subject) =>
    judgeReport(subject, (report, view) => {
      const { nccl } = report;
      if (nccl === null || nccl.inForce === false) return irrelevant;
      const said = nccl.slowestLink;
      if (said === null) return untold(`the links in ${nccl.file} were not read`);
      const real = slowestOf(subject, view);
      const isOfSwitch = said.speedGTs === 2.5;
      if (real === null && !isOfSwitch) return untold("the links of the GPUs are not known");
      if (real !== null && speed(said) >= speed(real) * near) {
        return acquitted(`${shownLink(said)}, as the GPUs' links`);
      }
      return accused({
        about: "NCCL",
        expected: `no link below ${real === null ? "8 GT/s" : shownLink(real)} on the way to a GPU`,
        found: `${nccl.file} says ${shownLink(said)}`,
        evidence: [`link_speed="${said.speedGTs} GT/s" link_width="${said.width}"`],
        seen: "directly",
        cost: unknownCost,
        remedy: advice(
          "live",
          isOfSwitch
            ? "Write the true link_speed and link_width to the file (evenkeel render PLAN --as nccl): 2.5 GT/s is what QEMU's emulated switch says of itself."
            : "Write the true link_speed and link_width to the file (evenkeel render PLAN --as nccl).",
        ),
      });
    }),
};

/** Files round speeds. */
const near = 0.95;

const speed = (link: { readonly speedGTs: number; readonly width: number }): number =>
  link.speedGTs * link.width;

/** The slowest link of an accelerator; inside the guest by what the devices say of themselves. */
function slowestOf(
  subject: Subject,
  view: GuestView,
): { readonly speedGTs: number; readonly width: number } | null {
  const { evidence, topology } = subject;
  if (topology === null) return null;
  const links: readonly LinkLimit[] = view.isInside
    ? (passedDevices(subject, view) ?? []).map(({ shown }) => ({
        speedGTs: shown.link?.maxSpeedGTs ?? null,
        width: shown.link?.maxWidth ?? null,
      }))
    : devicesOf(evidence, topology).accelerators.map((accelerator) =>
        linkOnHost(
          topology.pci.filter(({ address }) => address === accelerator),
          topology,
        ),
      );
  const speedGTs = least(links.map((link) => link.speedGTs));
  const width = least(links.map((link) => link.width));
  return speedGTs === null || width === null ? null : { speedGTs, width };
}
