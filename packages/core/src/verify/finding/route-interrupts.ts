import type { InterruptEvidence } from "../../evidence/evidence.ts";
import { advice, type Command, type Remedy, writeBack, writeFile } from "../../remedy/remedy.ts";

/** Where the interrupts of a device belong. */
export interface InterruptHome {
  readonly node: number;
  /** The CPUs of that node. */
  readonly cpus: string;
}

/**
 * Routes interrupts to the CPUs of their device's node. An interrupt whose line is shared with a
 * device of another node, or of a node that is not known, stays as it is: wherever it goes, it is
 * far from one of the two. Only interrupts of its own help such a device.
 *
 * @param text what is to be done, as a sentence, where there is anything to route.
 */
export function routeInterrupts(
  interrupts: readonly InterruptEvidence[],
  { node, cpus }: InterruptHome,
  text: string,
): Remedy {
  const file = (number: number): string => `/proc/irq/${number}/smp_affinity_list`;
  const shared = interrupts.filter((one) => isBoundToOthers(one, node));
  const own = interrupts.filter((one) => !shared.includes(one));
  const why = shared.map((one) => whyNotRouted(one, node));
  if (own.length === 0) return advice("restart", why.join(" "));
  const undo = own.flatMap(({ number, allowedCpus }): Command[] => {
    const command = writeBack(file(number), allowedCpus);
    return command === null ? [] : [command];
  });
  return {
    text: [text, ...why].join(" "),
    argv: own.map(({ number }) => writeFile(file(number), cpus)),
    when: "live",
    undo: undo.length < own.length ? null : undo,
  };
}

/** Whether moving an interrupt to a node may take it away from another device. */
export function isBoundToOthers({ sharedWith }: InterruptEvidence, node: number): boolean {
  return (sharedWith ?? []).some((other) => other.node !== node);
}

function whyNotRouted({ number, sharedWith }: InterruptEvidence, node: number): string {
  const others = (sharedWith ?? [])
    .filter((other) => other.node !== node)
    .map((other) => {
      const where = other.node === null ? "whose node is not known" : `on node ${other.node}`;
      return `${other.name}, ${where}`;
    });
  return (
    `Interrupt ${number} is left where it goes, as it shares its line with ${others.join("; ")}: ` +
    "let the guest's driver use message-signalled interrupts (MSI), which the device has for itself."
  );
}
