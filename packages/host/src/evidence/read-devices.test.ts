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

test("who shares a device's line is told, with the node of what VFIO drives", () => {
  const [own, other] = ["0000:18:00.0", "0000:41:00.0"];
  const files = {
    "/proc/interrupts": [
      "           CPU0       CPU1",
      ` 16:  1  2  IO-APIC  16-fasteoi   ehci_hcd:usb1, vfio-intx(${own}), vfio-intx(${other})`,
      ` 45:  1  2  PCI-MSI 1-edge      vfio-msi[0](${own})`,
    ].join("\n"),
    "/proc/irq/16/smp_affinity_list": "0-1\n",
    "/proc/irq/16/effective_affinity_list": "1\n",
    [`/sys/bus/pci/devices/${other}/numa_node`]: "1\n",
  };
  const [device] = readDevices(treeOf(files, link), [own]);
  expect(device?.interrupts).toEqual([
    {
      number: 16,
      allowedCpus: "0-1",
      effectiveCpus: "1",
      raisedCount: 3,
      sharedWith: [
        { name: "ehci_hcd:usb1", node: null },
        { name: `vfio-intx(${other})`, node: 1 },
      ],
    },
    { number: 45, allowedCpus: null, effectiveCpus: null, raisedCount: 3, sharedWith: [] },
  ]);
});

test("the errors that a link has repaired are the kernel's sum of them", () => {
  const counts = "RxErr 7\nBadTLP 4182330\nTimeout 0\nTOTAL_ERR_COR 4182337\n";
  const count = (text: string) =>
    readDevices(treeOf({ [`${gpu}/aer_dev_correctable`]: text }, link), ["0000:18:00.0"])[0]
      ?.correctedErrors;
  expect(count(counts)).toBe(4_182_337);
  expect(count("")).toBeNull();
  expect(count("TOTAL_ERR_COR lots\n")).toBeNull();
});
