import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { portsAbove } from "../../subject/guest-ports.ts";
import { passedDevices, judgeReport } from "../../subject/guest-view.ts";

/**
 * A port of the guest that redirects copies between devices to the root (ACS). It is emulated and
 * routes nothing, but drivers and NCCL read it and give up direct copies, whatever the host allows.
 * Linux sets it on every port as soon as it uses an IOMMU (drivers/pci/pci.c, pci_enable_acs): in a
 * guest of QEMU with intel_iommu=on, root ports read 001d, which has both redirects.
 */
export const guestAcs: Cause = {
  code: "guest-acs",
  layer: "guest",
  looksFor: "a port of the guest above its accelerators or NICs redirects their copies (ACS)",
  observable: "guest.ports[].acsRedirect",
  readFrom: "the configuration space of the guest's bridges, which only root may read",
  acquittedBy: "no port above two devices or more that redirects requests or completions",
  followsFrom: [],
  judge: (subject) =>
    judgeReport(subject, (report, view) => {
      const passed = passedDevices(subject, view);
      const { ports } = report;
      if (passed === null || ports === null) return untold("the guest's bridges were not read");
      if (passed.length < 2) return irrelevant;
      const portsOf = portsAbove(ports);
      const above = [...new Set(passed.flatMap(({ shown }) => portsOf(shown.address)))];
      const redirecting = above.filter(({ acsRedirect }) => acsRedirect === true);
      const [first] = redirecting;
      if (first === undefined) {
        return above.some(({ acsRedirect }) => acsRedirect === null)
          ? untold("ACS of the guest's bridges was not read: report as root")
          : acquitted("no port redirects");
      }
      return accused({
        about: redirecting.length === 1 ? first.address : `${redirecting.length} ports`,
        expected: "ACS redirect off on the guest's ports above accelerators and NICs",
        found: `${redirecting.map(({ address }) => address).join(", ")} redirect`,
        evidence: redirecting
          .slice(0, 4)
          .map(({ address }) => `${address}: ReqRedir or CmpltRedir`),
        seen: "inferred",
        cost: unknownCost,
        remedy: advice(
          "restart",
          "Start the guest's kernel without an IOMMU of its own (intel_iommu=off), unless something in the guest needs it; then read ACS again.",
        ),
      });
    }),
};
