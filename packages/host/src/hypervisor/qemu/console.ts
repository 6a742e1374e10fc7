import { MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Monitor } from "../../qmp/monitor.ts";

/**
 * The guest's serial console, in memory of QEMU that has a size: a guest writes what it likes, and
 * must not fill a disk of the host. The oldest output is overwritten.
 */
export const consoleArguments = [
  "-chardev",
  "ringbuf,id=console,size=1M",
  "-serial",
  "chardev:console",
] as const;

/** Takes what the guest has written since the last call, at most the last MiB of it. */
export async function takeConsole(monitor: Monitor): Promise<string> {
  const ring = { device: "console", size: MiB, format: "base64" };
  const answer = await monitor.ask("ringbuf-read", ring);
  if (typeof answer !== "string") throw new Error("ringbuf-read: the answer is no text");
  return Buffer.from(answer, "base64").toString("utf8");
}
