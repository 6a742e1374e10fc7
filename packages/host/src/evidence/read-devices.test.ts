import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { readDevices } from "./read-devices.ts";

const gpu = "/sys/bus/pci/devices/0000:18:00.0";
const link = { [`${gpu}/iommu_group`]: "../../../../kernel/iommu_groups/40" };

/** Configuration space of PCI Express, with relaxed ordering and no BAR to resize. */
function config(): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set([0x10], 0x06);
  bytes.set([0x40], 0x34);
  bytes.set([0x10, 0x00], 0x40);
  bytes.set([0x10, 0x00], 0x48);
  return bytes;
}

test("how a device's group translates, and what its configuration allows", () => {
  const files = { [`${gpu}/config`]: config(), "/sys/kernel/iommu_groups/40/type": "DMA-FQ\n" };
  expect(readDevices(treeOf(files, link), ["0000:18:00.0"])).toMatchObject([
    { iommuGroup: 40, iommuDomain: "DMA-FQ", relaxedOrdering: true, barMaxBytes: [] },
  ]);
});

test("what only root may read, and what a kernel has not, is unknown", () => {
  const files = { [`${gpu}/config`]: config().subarray(0, 64) };
  for (const links of [link, {}]) {
    expect(readDevices(treeOf(files, links), ["0000:18:00.0"])).toMatchObject([
      { iommuDomain: null, relaxedOrdering: null, barMaxBytes: null },
    ]);
  }
});
