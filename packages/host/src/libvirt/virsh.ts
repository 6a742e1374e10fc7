import { runCommand } from "../machine/run-command.ts";
import type { Monitor } from "../qmp/monitor.ts";
import { messageOf, parseLine } from "../qmp/parse.ts";

/** The system's libvirt, which is the one that runs VMs with devices. */
const connection = ["-q", "-c", "qemu:///system"] as const;

/** A running domain's XML, or why there is none. */
export async function dumpLiveXml(
  name: string,
): Promise<{ readonly xml: string } | { readonly why: string }> {
  const result = await runCommand("virsh", [...connection, "dumpxml", "--", name]);
  if (result.kind === "ran") return { xml: result.stdout };
  return { why: result.kind === "absent" ? "there is no virsh here" : `virsh: ${result.why}` };
}

/** The monitor of a domain, which libvirt holds and lends: each command is a call of virsh. */
export function libvirtMonitor(name: string): Monitor {
  return {
    where: `QMP by virsh qemu-monitor-command ${name}`,
    async ask(command, args) {
      const line = JSON.stringify({ execute: command, ...(args && { arguments: args }) });
      const words = [...connection, "qemu-monitor-command", "--domain", name, "--cmd", line];
      const result = await runCommand("virsh", words);
      if (result.kind !== "ran") {
        throw new Error(
          result.kind === "absent" ? "there is no virsh here" : `virsh: ${result.why}`,
        );
      }
      const message = messageOf(parseLine(result.stdout));
      if (message.kind === "answer") return message.value;
      throw new Error(message.kind === "error" ? message.why : `${command}: no answer`);
    },
  };
}
