import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { judgeListed, type OwnDevices } from "../../subject/own-devices.ts";
import { mayHideLinks, pairsOverPci } from "./own-links.ts";

/**
 * Without VMs an IOMMU that translates what devices copy to each other takes them the long way
 * through the root complex, and each page costs a look-up: NVIDIA asks for it off or in passthrough
 * mode where GPUs copy directly. https://docs.nvidia.com/cuda/gpudirect-rdma/ ("Supported Systems")
 *
 * The devices of a VM go through the IOMMU by right: it is what keeps guests apart.
 */
export const iommuTranslating: Cause = {
  code: "iommu-translating",
  layer: "fabric",
  looksFor: "the IOMMU translates what accelerators of a plain process copy to each other",
  observable: "devices[].iommuDomain",
  readFrom: "/sys/kernel/iommu_groups/*/type",
  acquittedBy: "identity domains, no IOMMU, or a VM, which needs it",
  followsFrom: [],
  judge: (subject) =>
    judgeListed(subject, (own) => {
      const { evidence } = subject;
      if (evidence.of === "machine") return irrelevant;
      if (evidence.of === "vm") return acquitted("a VM's devices go through the IOMMU by right");
      const peers = peersOf(own);
      const mayHide = own.accelerators.length > 1 && mayHideLinks(own);
      if (peers.length === 0 && mayHide) {
        return untold("whether NVLink joins its accelerators is not known: nvidia-smi topo -m");
      }
      if (peers.length === 0) {
        return mayHaveRdma(own)
          ? untold("whether its NIC has RDMA was not read: /sys/class/infiniband would tell")
          : acquitted("it has no two devices that copy over PCI Express");
      }
      const domains = evidence.devices.filter(({ address }) => peers.includes(address));
      const translated = domains.filter(({ iommuDomain }) => iommuDomain?.startsWith("DMA"));
      const [first] = translated;
      if (first !== undefined) {
        return accused({
          about: translated.map(({ address }) => address).join(", "),
          expected: "identity, so that devices copy to each other without translation",
          found: `the IOMMU translates for ${translated.length} of its ${peers.length} devices (${first.iommuDomain})`,
          evidence: translated.map(
            ({ where, iommuDomain }) => `${where}/iommu_group/type: ${iommuDomain}`,
          ),
          seen: "inferred",
          cost: unknownCost,
          remedy: advice("host-reboot", "If the machine runs no VMs, boot with iommu=pt."),
        });
      }
      const unread = domains.some((one) => one.iommuDomain === null && one.iommuGroup !== null);
      if (unread || domains.length < peers.length)
        return untold("the type of its IOMMU groups was not read");
      return acquitted("its IOMMU groups do not translate");
    }),
};

/** Whether it is unknown of a NIC of its own whether it can copy to an accelerator. */
function mayHaveRdma({ topology, nics }: OwnDevices): boolean {
  return topology.nics.some(({ address, rdma }) => rdma === null && nics.includes(address));
}

/** Accelerators with another without NVLink, and accelerators and RDMA NICs together. */
function peersOf(own: OwnDevices): readonly string[] {
  const { topology, accelerators, nics } = own;
  const paired = pairsOverPci(own).flat();
  const rdma = nics.filter((nic) =>
    topology.nics.some((one) => one.address === nic && one.rdma === true),
  );
  return [...new Set([...paired, ...(rdma.length === 0 ? [] : [...accelerators, ...rdma])])];
}
