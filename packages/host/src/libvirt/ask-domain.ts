import { hypervisorFailed } from "../hypervisor/failed.ts";
import { virshAt } from "../hypervisor/libvirt/virsh.ts";
import type { Monitor } from "../qmp/monitor.ts";
import { messageOf, parseLine } from "../qmp/parse.ts";

export interface Domain {
  readonly name: string;
  /** virsh finds the domain by its UUID for sure; it takes a name of digits for an id. */
  readonly uuid: string | null;
}

/** A running domain's XML, or why there is none. */
export async function dumpLiveXml(
  uri: string,
  { name, uuid }: Domain,
): Promise<{ readonly xml: string } | { readonly why: string }> {
  const result = await virshAt(uri).tried(["dumpxml", "--domain", uuid ?? name]);
  return result.status === 0
    ? { xml: result.stdout }
    : { why: hypervisorFailed("virsh dumpxml", result).message };
}

/**
 * A domain's QMP monitor by way of libvirt, which holds its socket: each command is a call of
 * virsh.
 */
export function libvirtMonitor(uri: string, { name, uuid }: Domain): Monitor {
  return {
    where: `QMP by virsh qemu-monitor-command ${name}`,
    async ask(command, args) {
      const line = JSON.stringify({ execute: command, ...(args && { arguments: args }) });
      const words = ["qemu-monitor-command", "--domain", uuid ?? name, "--cmd", line];
      const message = messageOf(parseLine(await virshAt(uri).ok(words)));
      if (message.kind === "answer") return message.value;
      throw new Error(message.kind === "error" ? message.why : `${command}: no answer`);
    },
  };
}
