import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { built, cacheFolder } from "./cache.ts";
import { initramfs } from "./initramfs.ts";
import { debianKernel } from "./kernel.ts";
import { run } from "./run.ts";

const lab = join(import.meta.dirname, "..");
const reportScript = join(lab, "..", "packages/host/src/guest-check/report.sh");

/**
 * The image that guests on the emulated host boot: a kernel and an initramfs that prints the
 * guest's report on the console and waits. The emulated host has it below /guest.
 */
export async function guestImage(): Promise<string> {
  const kernel = await debianKernel();
  const initrd = await initramfs(
    "guest-init",
    kernel,
    ["qemu_fw_cfg", "virtio_pci", "virtio_balloon"],
    [
      { path: "init", from: join(lab, "agent", "guest-init.sh"), executable: true },
      { path: "report.sh", from: reportScript, executable: true },
    ],
  );
  return built("guest.erofs", [kernel.image, initrd], async (target) => {
    const folder = join(cacheFolder, `partial-guest-${process.pid}`);
    try {
      mkdirSync(folder, { recursive: true });
      copyFileSync(kernel.image, join(folder, "vmlinux"));
      copyFileSync(initrd, join(folder, "initrd"));
      await run("mkfs.erofs", [target, folder]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
