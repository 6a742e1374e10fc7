import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { built, builtPath } from "../prepare/cache.ts";
import { debianKernel } from "../prepare/kernel.ts";
import { rootImage } from "../prepare/root-image.ts";
import type { Host } from "./host.ts";

/** A start takes 2 s, and 50 s the first time, when libvirt probes QEMU. */
const startMsMax = 240_000;

/** libvirt's cache of QEMU's capabilities, named by a hash of the emulator's path. */
const emulator = "/usr/bin/qemu-system-x86_64";
const capabilitiesFolder = "/var/cache/libvirt/qemu/capabilities";
const capabilities = `${capabilitiesFolder}/${createHash("sha256").update(emulator).digest("hex")}.xml`;

/**
 * Starts the emulated host's libvirt and waits for its answer. QEMU's capabilities from the first
 * start are cached for later ones; libvirt itself checks that they are for this QEMU, kernel and
 * CPU.
 */
export async function startLibvirt(host: Host): Promise<void> {
  const inputs = [await rootImage(), (await debianKernel()).version];
  const kept = builtPath("capabilities.xml", inputs);
  if (existsSync(kept)) {
    await host.ok("mkdir", ["-p", capabilitiesFolder]);
    await host.write(capabilities, readFileSync(kept, "utf8"));
  }
  await restartLibvirt(host);
  await built("capabilities.xml", inputs, async (target) => {
    writeFileSync(target, await host.read(capabilities));
  });
}

/** The PID of a VM of libvirt's. */
export const pidOf = async (host: Host, vm: string): Promise<number> =>
  Number((await host.read(`/run/libvirt/qemu/${vm}.pid`)).trim());

/** Starts libvirt again after it ended. */
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
