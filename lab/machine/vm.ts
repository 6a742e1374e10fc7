import { setTimeout as sleep } from "node:timers/promises";

/** A request as a user writes it, on a host whose nodes sell one core each. */
export interface VmOptions {
  readonly name: string;
  readonly accelerators: number;
  readonly vcpus: number;
  readonly memory: string;
  readonly hugepages?: "none" | "2Mi";
  readonly locality?: "strict" | "preferred" | "interleave";
}

export function vmDocument(options: VmOptions): string {
  const { name, accelerators, vcpus, memory, hugepages = "2Mi", locality = "strict" } = options;
  return JSON.stringify({
    apiVersion: "evenkeel/v1",
    kind: "VirtualMachine",
    metadata: { name },
    spec: {
      ...(accelerators > 0 ? { accelerators: { count: accelerators } } : {}),
      vcpus,
      memory,
      hugepages,
      locality,
    },
  });
}

/** A serial console that writes to a file, as a device for libvirt. */
export const consoleDevice = (path: string): string =>
  `<devices><serial type='file'><source path='${path}'/><target port='0'/></serial></devices>`;

/**
 * Waits until a guest has printed its whole report, and returns it.
 *
 * @param printed all that the guest has printed so far.
 */
export async function guestReport(printed: () => Promise<string>, msMax: number): Promise<string> {
  const deadline = Date.now() + msMax;
  for (;;) {
    const output = await printed();
    const report = /lab: report begins\r?\n([\s\S]*)lab: report ends/.exec(output)?.[1];
    if (report !== undefined) return report.replaceAll("\r", "");
    if (Date.now() > deadline) throw new Error(`the guest printed only: ${output.slice(-2000)}`);
    await sleep(2000);
  }
}
