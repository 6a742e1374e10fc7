import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { hasNone } from "../../subject/own-devices.ts";

/** A link has some errors when it is trained, and an old machine some more. */
const noticed = 10_000;

/**
 * What arrives damaged over PCI Express is sent again: a riser, a cable, a slot or a signal that is
 * too weak for the speed. The link says that it is at full width and speed, and carries less.
 * Each repair is counted (AER, TOTAL_ERR_COR).
 * https://docs.kernel.org/PCI/pcieaer-howto.html
 */
export const linkErrors: Cause = {
  code: "link-errors",
  layer: "fabric",
  looksFor: "a PCIe link damages what it carries, which is then sent again",
  observable: "devices[].correctedErrors",
  readFrom: "/sys/bus/pci/devices/*/aer_dev_correctable (TOTAL_ERR_COR)",
  acquittedBy: "fewer than 10,000 repaired errors since the machine was started",
  followsFrom: [],
  judge: (subject) => {
    if (subject.evidence.of === "machine" || hasNone(subject)) return irrelevant;
    const known = subject.evidence.devices.flatMap(({ address, where, correctedErrors }) =>
      correctedErrors === null ? [] : [{ address, where, count: correctedErrors }],
    );
    const bad = known.filter(({ count }) => count >= noticed);
    if (bad.length === 0) {
      if (known.length < subject.evidence.devices.length || known.length === 0) {
        return untold("the repaired errors of its links were not read: aer_dev_correctable");
      }
      return acquitted("no link with many repaired errors");
    }
    return accused(
      ...bad.map(({ address, where, count }) => ({
        about: address,
        expected: "a link that repairs next to nothing",
        found: `${count} errors repaired by sending again since the machine was started`,
        evidence: [`${where}/aer_dev_correctable: TOTAL_ERR_COR ${count}`],
        seen: "inferred" as const,
        cost: unknownCost,
        remedy: advice(
          "host-reboot",
          `Read it again under load; if it grows, seat the card of ${address} again, try another ` +
            "riser, cable or slot, or set the slot one generation lower.",
        ),
      })),
    );
  },
};
