import { hypervisorFailed } from "../failed.ts";
import { virshAt } from "./virsh.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Clock } from "../../clock/clock.ts";
import { patienceFor } from "../patience.ts";
import { type Monitor, Refused } from "../../qmp/monitor.ts";
import { messageOf, parseLine } from "../../qmp/parse.ts";

export interface Domain {
  readonly name: string;
  /** The name that virsh never mistakes: it takes a name of digits for a number. */
  readonly uuid: string | null;
}

/** The XML of a running domain, or why there is none. */
export async function dumpLiveXml(
  uri: string,
  { name, uuid }: Domain,
): Promise<{ readonly xml: string } | { readonly why: string }> {
  const result = await virshAt(uri).tried(["dumpxml", "--domain", uuid ?? name]);
  return result.status === 0
    ? { xml: result.stdout }
    : { why: hypervisorFailed("virsh dumpxml", result).message };
}

/** Each command takes some milliseconds, and the largest VMs lead to a thousand. */
const conversationMs = 60_000;

/** The most of all answers together, as for a monitor that is asked through its socket. */
const conversationBytes = 128 * MiB;

/**
 * The monitor of a domain. libvirt owns it, so each command is a call of virsh. Like a conversation
 * through the socket, all of it together is bounded in time and bytes.
 */
export function libvirtMonitor(uri: string, { name, uuid }: Domain, clock: Clock): Monitor {
  const virsh = virshAt(uri, patienceFor(conversationMs, clock));
  let left = conversationBytes;
  return {
    where: `QMP by virsh qemu-monitor-command ${name}`,
    async ask(command, args) {
      const line = JSON.stringify({ execute: command, ...(args && { arguments: args }) });
      const words = ["qemu-monitor-command", "--domain", uuid ?? name, "--cmd", line];
      const answer = await virsh.ok(words);
      left -= answer.length;
      if (left < 0) throw new Error(`the monitor wrote more than ${conversationBytes} bytes`);
      const message = messageOf(parseLine(answer));
      if (message.kind === "answer") return message.value;
      if (message.kind === "error") throw new Refused(message.why);
      throw new Error(`${command}: no answer`);
    },
  };
}
