import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { judgeDevices } from "../../subject/own-devices.ts";
import type { Subject } from "../../subject/subject.ts";
import { isRedirected, pathText, type PeerPath, peerPaths } from "./peer-paths.ts";

/**
 * Under a translating IOMMU a NIC that does not ask for translations itself (ATS) has every request
 * to a GPU beside it sent up to the root complex. NVIDIA's adapters have it as a setting of their
 * firmware, `ATS_ENABLED`.
 * https://docs.nvidia.com/ai-enterprise/planning-resource/ ("Optimizing VM configuration for AI
 * inference", the appendix on ATS and ACS)
 */
export const atsOff: Cause = {
  code: "ats-off",
  layer: "fabric",
  looksFor: "a NIC beside a GPU does not ask for address translations (ATS)",
  observable: "machine.topology.pci[].atsEnabled of the NIC",
  readFrom: "/sys/bus/pci/devices/*/config as root (lspci -vvv: ATSCtl Enable)",
  acquittedBy: "ATSCtl Enable+ on the NIC, or no port that redirects between it and the GPU",
  followsFrom: [],
  judge: (subject) =>
    judgeDevices(subject, (own) => {
      if (subject.evidence.of === "machine") return irrelevant;
      const paths = peerPaths(own).filter((path) => path.isNic && hasSetting(path));
      if (paths.length === 0) return irrelevant;
      const redirected = paths.filter((path) => isRedirected(path) === true);
      const off = redirected.filter(({ peer }) => peer.atsEnabled === false);
      const translated = off.filter(({ peer }) => isTranslated(peer.address, subject) === true);
      const [first] = translated;
      if (first !== undefined) {
        const nics = [...new Set(translated.map(({ peer }) => peer.address))];
        return accused({
          about: nics.join(", "),
          expected: `ATS on, so that copies between ${pathText(first)} pass straight across their switch`,
          found: "ATS is off, and ACS on the way sends each of them through the root complex",
          evidence: nics.map((nic) => `${nic}: ATSCtl Enable-`),
          seen: "inferred",
          cost: unknownCost,
          remedy: remedyFor(nics),
        });
      }
      if (off.some(({ peer }) => isTranslated(peer.address, subject) === null)) {
        return untold("whether the IOMMU translates for the NIC was not read");
      }
      if (redirected.some(({ peer }) => peer.atsEnabled === null)) {
        return untold("ATS is in the NIC's configuration space, which only root may read");
      }
      if (paths.some((path) => isRedirected(path) === null)) {
        return untold("ACS is in the ports' configuration space, which only root may read");
      }
      return acquitted("requests between NIC and GPU are translated or pass straight across");
    }),
};

const mellanox = "15b3";

function hasSetting({ peer }: PeerPath): boolean {
  return peer.vendor === mellanox;
}

/** A VM's devices always are; a host's where the kernel says so, and without an IOMMU never. */
function isTranslated(address: string, { evidence }: Subject): boolean | null {
  if (evidence.of === "vm") return true;
  const device = evidence.devices.find((one) => one.address === address);
  if (device === undefined) return null;
  const { iommuDomain, iommuGroup } = device;
  if (iommuDomain === null) return iommuGroup === null ? false : null;
  return iommuDomain.startsWith("DMA");
}

function remedyFor(nics: readonly string[]): ReturnType<typeof advice> {
  const commands = nics.map((nic) => `mlxconfig -d ${nic} set ATS_ENABLED=True`).join("; ");
  return advice(
    "host-reboot",
    `Turn it on in the firmware (${commands}) and reboot the host, a VM's reboot is not enough; afterwards lspci -vvv must show ATSCtl Enable+.`,
  );
}
