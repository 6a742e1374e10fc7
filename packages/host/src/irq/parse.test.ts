import { expect, test } from "vitest";
import { parseInterrupts } from "./parse.ts";

test("VFIO's interrupts are found by the device in their names", () => {
  const counts = " 0".repeat(512);
  const text = [
    "           CPU0       CPU1",
    `  1:${counts}  IO-APIC   1-edge      i8042`,
    ` 45:${counts}  IR-PCI-MSIX-0000:21:00.0   0-edge      vfio-msix[0](0000:21:00.0)`,
    ` 46:${counts}  PCI-MSI 524288-edge  vfio-msi[3](0000:22:00.1)`,
    ` 47:${counts}  IO-APIC  16-fasteoi  vfio-intx(0000:23:00.0)`,
    ` 48:${counts}  PCI-MSI 1-edge  vfio-msix[0](not-a-device)`,
    `NMI:${counts}  Non-maskable interrupts`,
    " 49: 1 2 3",
  ].join("\n");
  expect(parseInterrupts(text)).toEqual([
    { number: 45, address: "0000:21:00.0", raisedCount: 0, others: [] },
    { number: 46, address: "0000:22:00.1", raisedCount: 0, others: [] },
    { number: 47, address: "0000:23:00.0", raisedCount: 0, others: [] },
  ]);
});

test("how often an interrupt was raised is the sum over all CPUs", () => {
  const raised = (counts: string) =>
    parseInterrupts(` 45:${counts}  PCI-MSI 524288-edge  vfio-msi[3](0000:22:00.1)`).map(
      ({ raisedCount }) => raisedCount,
    );
  expect(raised("          0          7          3")).toEqual([10]);
  expect(raised(` ${"4294967295 ".repeat(2)}`)).toEqual([8_589_934_590]);
  expect(raised("          0")).toEqual([0]);
  // A chip's name may begin with a digit; where no count stands, none is told.
  expect(raised("          5  8259A")).toEqual([5]);
  expect(raised("")).toEqual([null]);
});

test("a line that several devices share is each one's, wherever it stands in the line", () => {
  const counts = " 4294967295".repeat(512);
  const line = (names: string): string => ` 16:${counts}  IR-IO-APIC   16-fasteoi   ${names}`;
  const [a, b] = ["0000:21:00.0", "0000:41:00.0"];
  const raisedCount = 512 * 4_294_967_295;
  const shared = `ehci_hcd:usb1, vfio-intx(${a}), nvidia`;
  expect(parseInterrupts(line(shared))).toEqual([
    { number: 16, address: a, raisedCount, others: ["ehci_hcd:usb1", "nvidia"] },
  ]);
  expect(parseInterrupts(line(`vfio-intx(${a}), vfio-intx(${b}), PCIe PME`))).toEqual([
    { number: 16, address: a, raisedCount, others: [`vfio-intx(${b})`, "PCIe PME"] },
    { number: 16, address: b, raisedCount, others: [`vfio-intx(${a})`, "PCIe PME"] },
  ]);
  expect(parseInterrupts(line(`PCIe PME, aerdrv, vfio-intx(${b})   `))).toEqual([
    { number: 16, address: b, raisedCount, others: ["PCIe PME", "aerdrv"] },
  ]);
  expect(parseInterrupts(line("i801_smbus, uhci_hcd:usb3"))).toEqual([]);
});
