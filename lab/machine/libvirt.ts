import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "./host.ts";

/** Answers after 5 to 8 s on a quiet machine: it asks QEMU what it can. */
const startMsMax = 240_000;

/** Starts the emulated host's libvirt and waits until it answers. */
export async function startLibvirt(host: Host): Promise<void> {
  await host.ok("libvirtd", ["-d"]);
  const deadline = Date.now() + startMsMax;
  for (;;) {
    const { status, stderr } = await host.run("virsh", ["version"]);
    if (status === 0) return;
    if (Date.now() > deadline) throw new Error(`libvirtd does not answer: ${stderr}`);
    await sleep(500);
  }
}
