import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { chainOf, isEmulated, judgeListed, type OwnDevices } from "../../subject/own-devices.ts";

/**
 * A device that may not relax the order of its writes has each wait for those before it. That costs
 * a fast NIC bandwidth on processors of many chiplets, most where ACS and ATS are on.
 * https://github.com/NVIDIA/nccl/issues/1205 (NCCL_IB_PCI_RELAXED_ORDERING)
 *
 * Linux turns it off itself below root ports that handle it wrongly (Haswell, Broadwell): there it
 * is right. drivers/pci/quirks.c, quirk_relaxedordering_disable
 */
export const relaxedOrderingOff: Cause = {
  code: "relaxed-ordering-off",
  layer: "fabric",
  looksFor: "a NIC or an accelerator may not order its writes freely",
  observable: "devices[].relaxedOrdering",
  readFrom: "/sys/bus/pci/devices/*/config (lspci -vvv: DevCtl RlxdOrd)",
  acquittedBy: "RlxdOrd+ on its accelerators and RDMA NICs, or a processor that cannot have it",
  followsFrom: [],
  judge: (subject) =>
    judgeListed(subject, (own) => {
      if (subject.evidence.of === "machine") return irrelevant;
      const nics = (isRdma: boolean | null) =>
        own.topology.nics.filter(({ rdma }) => rdma === isRdma).map(({ address }) => address);
      const among = (addresses: readonly string[]) =>
        subject.evidence.devices.filter(
          ({ address }) => addresses.includes(address) && !isExempt(address, own),
        );
      const devices = among([...own.accelerators, ...nics(true)]);
      const off = devices.filter(({ relaxedOrdering }) => relaxedOrdering === false);
      if (off.length > 0) {
        return accused({
          about: off.map(({ address }) => address).join(", "),
          expected: "relaxed ordering allowed",
          found: "every write keeps its place in the order",
          evidence: off.map(({ where }) => `${where}/config: DevCtl RlxdOrd-`),
          seen: "inferred",
          cost: unknownCost,
          remedy: advice(
            "restart",
            "Allow it in the firmware's settings (PCIe relaxed ordering), and let NCCL use it: NCCL_IB_PCI_RELAXED_ORDERING=1.",
          ),
        });
      }
      if (devices.some(({ relaxedOrdering }) => relaxedOrdering === null)) {
        return untold("the devices' configuration space was not read, which takes root");
      }
      if (among(nics(null)).some(({ relaxedOrdering }) => relaxedOrdering !== true)) {
        return untold("whether its NICs do RDMA is not known");
      }
      if (devices.length === 0) return acquitted("none of its devices can have it here");
      return acquitted("its devices may order their writes freely");
    }),
};

/** Below a root port that handles it wrongly, or made by QEMU, which orders nothing. */
function isExempt(address: string, { byAddress }: OwnDevices): boolean {
  const device = byAddress.get(address);
  if (device === undefined || isEmulated(device)) return true;
  const root = chainOf(device, byAddress).at(-1);
  const id = `${root?.vendor ?? ""}:${root?.device ?? ""}`;
  return /^8086:(?:6f0[1-9a-e]|2f0[1-9a-e])$|^1022:1a0[0-2]$/.test(id);
}
