import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { built, builtPath } from "../prepare/cache.ts";
import { debianKernel } from "../prepare/kernel.ts";
import { rootImage } from "../prepare/root-image.ts";
import type { Host } from "./host.ts";

/** It takes 2 s, and 50 s the first time, when it asks QEMU all that it can. */
const startMsMax = 240_000;

/** Where libvirt keeps what QEMU told it that it can, by a hash of the emulator's path. */
const emulator = "/usr/bin/qemu-system-x86_64";
const toldFolder = "/var/cache/libvirt/qemu/capabilities";
const told = `${toldFolder}/${createHash("sha256").update(emulator).digest("hex")}.xml`;

/**
 * Starts the emulated host's libvirt and waits until it answers. What QEMU told the first libvirt the
 * later ones are given; libvirt itself looks whether it is of this QEMU, this kernel and this CPU.
 */
export async function startLibvirt(host: Host): Promise<void> {
  const inputs = [await rootImage(), (await debianKernel()).version];
  const kept = builtPath("capabilities.xml", inputs);
  if (existsSync(kept)) {
    await host.ok("mkdir", ["-p", toldFolder]);
    await host.write(told, readFileSync(kept, "utf8"));
  }
  await restartLibvirt(host);
  await built("capabilities.xml", inputs, async (target) => {
    writeFileSync(target, await host.read(told));
  });
}

/** The process of a VM that it runs. */
export const pidOf = async (host: Host, vm: string): Promise<number> =>
  Number((await host.read(`/run/libvirt/qemu/${vm}.pid`)).trim());

/** Starts it where it has ended, however it did. */
export async function restartLibvirt(host: Host): Promise<void> {
  await host.ok("libvirtd", ["-d"]);
  const deadline = Date.now() + startMsMax;
  for (;;) {
    const { status, stderr } = await host.run("virsh", ["version"]);
    if (status === 0) return;
    if (Date.now() > deadline) throw new Error(`libvirtd does not answer: ${stderr}`);
    await sleep(500);
  }
}
