import { advice, type Remedy } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { judgeDevices } from "../../subject/own-devices.ts";
import type { Subject } from "../../subject/subject.ts";
import { isRedirected, pathText, peerPaths, redirectingPorts } from "./peer-paths.ts";

/**
 * Access control (ACS) on a switch's ports sends what two devices below it copy to each other up to
 * the root complex and down again, which costs bandwidth and latency, and on some platforms data. A
 * firmware's switch for ACS does not reach the ports of a switch on a riser.
 * https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html ("PCI Access
 * Control Services"), https://github.com/NVIDIA/nccl/issues/304
 *
 * Linux redirects on purpose where an IOMMU keeps guests apart, so no remedy turns it off for all
 * ports: with translations (ATS) on, the NIC's requests pass straight across in spite of it.
 */
export const acsRedirect: Cause = {
  code: "acs-redirect",
  layer: "fabric",
  looksFor: "a switch sends the copies between its devices up to the root complex (ACS)",
  observable: "machine.topology.pci[].acsRedirect of the ports between them",
  readFrom: "/sys/bus/pci/devices/*/config as root (lspci -vvv: ACSCtl ReqRedir)",
  acquittedBy: "ReqRedir- and CmpltRedir- on all ports between them, or a NIC with ATS on",
  followsFrom: ["ats-off"],
  judge: (subject) =>
    judgeDevices(subject, (own) => {
      if (subject.evidence.of === "machine") return irrelevant;
      const paths = peerPaths(own).filter(({ isNic, peer }) => !isNic || peer.atsEnabled !== true);
      if (peerPaths(own).length === 0) return irrelevant;
      const redirected = paths.filter((path) => isRedirected(path) === true);
      const [first] = redirected;
      if (first !== undefined) {
        const ports = redirectingPorts(redirected);
        return accused({
          about: ports.join(", "),
          expected: `copies between ${pathText(first)} straight across their switch`,
          found: `${ports.length === 1 ? "a port redirects" : `${ports.length} ports redirect`} them to the root complex`,
          evidence: ports.map((port) => `${port}: ACSCtl ReqRedir+ or CmpltRedir+`),
          seen: "inferred",
          cost: unknownCost,
          remedy: remedyFor(subject, ports),
        });
      }
      if (paths.some((path) => isRedirected(path) === null)) {
        return untold("ACS is in the ports' configuration space, which only root may read");
      }
      return acquitted("no port between its devices redirects, or the NIC asks for translations");
    }),
};

/** Between guests redirection keeps them apart; a single owner of the machine may do without. */
function remedyFor({ evidence }: Subject, ports: readonly string[]): Remedy {
  const isGuest = evidence.of === "vm";
  return advice(
    "host-reboot",
    isGuest
      ? "Turn on ATS in the firmware of every NIC beside a GPU (mlxconfig: ATS_ENABLED=True) and reboot the host, a VM's reboot is not enough; set ACS with direct translated requests on the ports of the paths between GPUs and NICs only. Do not turn redirection off for the whole host: beside ATS that lets guests reach each other's devices."
      : `If no VM uses devices below the same switch, clear redirection on these ports after every boot: ${ports.map((port) => `setpci -s ${port} ECAP_ACS+0x6.w=0000`).join("; ")}. Otherwise turn on ATS on the NICs in place of it.`,
  );
}
