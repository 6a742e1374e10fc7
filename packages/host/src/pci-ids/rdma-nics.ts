import type { PciDevice } from "@evenkeel/core/topology/topology.ts";

/**
 * Families of NICs that all do RDMA, their virtual functions included, by PCI ids
 * (https://pci-ids.ucw.cz/):
 *
 * - NVIDIA: ConnectX-3 to ConnectX-9, Connect-IB, and BlueField 1 to 4.
 * - Intel: the E810. Its virtual functions have an id that NICs without RDMA share.
 * - Broadcom: the 5750x and 5760x of the bnxt_re driver.
 * - Amazon: every generation of EFA.
 *
 * A NIC of another family may do RDMA or not: its id does not tell.
 */
const families: readonly RegExp[] = [
  /^15b3:10(0[2-7]|1[1-9a-f]|2[1-7])$/,
  /^15b3:a2d[236cf]$/,
  /^8086:159[1239ab]$/,
  /^14e4:(175[012]|1760|180[6-9]|1819)$/,
  /^1d0f:efa[0-3]$/,
];

/** Whether a NIC does RDMA, by its ids alone: true, or null where they do not tell. */
export function rdmaById({ vendor, device }: Pick<PciDevice, "vendor" | "device">): true | null {
  const ids = `${vendor}:${device}`;
  return families.some((family) => family.test(ids)) ? true : null;
}
