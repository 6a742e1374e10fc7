import { hypervisorFailed } from "../failed.ts";
import { isSafeName } from "../../qemu/safe-name.ts";
import { commandString, quotableJson } from "./command-string.ts";
import { virshAt } from "./virsh.ts";
import { KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Clock } from "../../clock/clock.ts";
import { patienceFor } from "../patience.ts";
import { type Monitor, Refused } from "../../qmp/monitor.ts";
import { messageOf, parseLine } from "../../qmp/parse.ts";
import { together } from "../../qmp/together.ts";

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

/** A run of virsh takes some ten milliseconds, and the largest VMs lead to a dozen. */
const conversationMs = 60_000;

/** The most of all answers together, as for a monitor that is asked through its socket. */
const conversationBytes = 128 * MiB;

/** An argument may have 128 KiB (MAX_ARG_STRLEN), with the quotes and the words around each. */
const atOnce = { characters: 64 * KiB, questions: 256 };

/**
 * The monitor of a domain. libvirt owns it, so it is asked through virsh: all that is asked at the
 * same time in one run, as starting it takes far longer than an answer. Like a conversation through
 * the socket, all of it together is bounded in time and bytes.
 */
export function libvirtMonitor(uri: string, { name, uuid }: Domain, clock: Clock): Monitor {
  const virsh = virshAt(uri, patienceFor(conversationMs, clock));
  const domain = uuid ?? name;
  let left = conversationBytes;
  const ask = together(async (questions) => {
    // Both come from the command line of a process.
    if (!isSafeName(domain)) throw new Error(`virsh is not asked about ${JSON.stringify(domain)}`);
    const commands = questions.map((json) => [command, "--domain", domain, "--cmd", json]);
    const result = await virsh.tried([commandString(commands)]);
    if (result.status !== 0) throw hypervisorFailed(`virsh ${command}`, result);
    left -= result.stdout.length;
    if (left < 0) throw new Error(`the monitor wrote more than ${conversationBytes} bytes`);
    // An answer is one line, and a command that fails writes none there: nobody knows whose lack.
    const answers = result.stdout.split("\n").filter((line) => line !== "");
    if (answers.length !== questions.length) throw hypervisorFailed(`virsh ${command}`, result);
    return answers;
  }, atOnce);
  return {
    where: `QMP by virsh ${command} ${name}`,
    async ask(execute, args) {
      const answer = await ask(quotableJson({ execute, ...(args && { arguments: args }) }));
      const message = messageOf(parseLine(answer));
      if (message.kind === "answer") return message.value;
      if (message.kind === "error") throw new Refused(message.why);
      throw new Error(`${execute}: no answer`);
    },
  };
}

const command = "qemu-monitor-command";
