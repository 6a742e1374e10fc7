import { taintNotes } from "@evenkeel/core/guest/libvirt/port-links.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Libvirtd, START_TIMEOUT_MS, startLibvirtd } from "./libvirtd.ts";
import { linkedDevices, rootPortLinks } from "./link-capabilities.ts";
import { whyNot } from "./programs.ts";
import { runnable } from "./stand-ins.ts";

if (whyNot !== null) console.warn(`skipping links of root ports under libvirt: ${whyNot}`);
let libvirtd: Libvirtd | null = null;
beforeAll(async () => {
  if (whyNot === null) libvirtd = await startLibvirtd();
}, START_TIMEOUT_MS);
afterAll(() => libvirtd?.stop());

const devices = linkedDevices.map(({ device }) => device);
const plan = planOf({
  threadsPerCore: 1,
  cells: [{ cores: 1, memory: [{ node: 0, bytes: 64 * MiB }], devices }],
});

test.skipIf(whyNot !== null)(
  "under libvirt root ports say the links of their devices, and the domain is tainted as the note says",
  async () => {
    if (libvirtd === null) throw new Error("libvirtd is not running");
    const { virsh, file } = libvirtd;
    const [guest, xml] = runnable(plan, { firmware: "bios" }, () => ({ driver: "edu" }));
    // Paused, or its firmware would use the same ports at the same time.
    await virsh("create", "--paused", await file("domain.xml", xml));
    try {
      const monitor = (line: string): Promise<string> =>
        virsh("qemu-monitor-command", guest.name, "--hmp", line);
      expect(await rootPortLinks(guest, monitor)).toEqual(linkedDevices.map(({ seen }) => seen));
      const tainted = /tainted: (.*)/g;
      const info = await virsh("dominfo", guest.name);
      expect([...info.matchAll(tainted)].map(([, why]) => why)).toContain(
        "custom device configuration",
      );
      expect(taintNotes(guest).join()).toContain("tainted (custom device configuration)");
    } finally {
      await virsh("destroy", guest.name);
    }
  },
  60_000,
);
