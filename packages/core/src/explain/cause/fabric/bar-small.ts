import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import { judgeDevices, type OwnDevices } from "../../subject/own-devices.ts";
import type { Subject } from "../../subject/subject.ts";

/**
 * The window through which the processor and other devices reach a GPU's memory (its BAR) is
 * smaller than the GPU can make it: the firmware's "Resizable BAR" or "Above 4G Decoding" is off.
 * Writes by the CPU then go through a window of often 256 MiB, and drivers offer direct copies
 * between two cards only where the window holds all memory.
 * https://docs.kernel.org/PCI/sysfs-pci.html (resourceN_resize)
 */
export const barSmall: Cause = {
  code: "bar-small",
  layer: "fabric",
  looksFor: "the window to a GPU's memory is smaller than the GPU can make it",
  observable: "devices[].barMaxBytes beside machine.topology.pci[].barBytes",
  readFrom: "/sys/bus/pci/devices/*/{resource,resource*_resize}",
  acquittedBy: "the largest window that it can have, or one that cannot be resized",
  followsFrom: [],
  judge: (subject) =>
    judgeDevices(subject, (own) => {
      if (subject.evidence.of === "machine") return irrelevant;
      const looks = own.accelerators.map((address) => lookAt(address, subject, own));
      const small = looks.flatMap((one) => (typeof one === "object" ? (one ?? []) : []));
      if (small.length > 0) return accused(...small);
      if (looks.includes(null)) return untold("the sizes that its BARs can have were not read");
      return acquitted(told(looks));
    }),
};

function lookAt(
  address: string,
  { evidence }: Subject,
  { byAddress }: OwnDevices,
): Accusation | string | null {
  const found = evidence.devices.find((one) => one.address === address);
  const able = found?.barMaxBytes ?? null;
  if (able === null) return null;
  if (able.length === 0) return "no BAR that can be resized";
  const bars = byAddress.get(address)?.barBytes ?? null;
  if (bars === null || bars.length === 0) return null;
  const [now, most] = [Math.max(...bars), Math.max(...able)];
  if (now >= most) return `a window of ${formatBytes(now)}, the largest`;
  return {
    about: address,
    expected: `a window of ${formatBytes(most)} to its memory`,
    found: `a window of ${formatBytes(now)}`,
    evidence: [`${found?.where ?? address}/resource: largest BAR ${formatBytes(now)}`],
    seen: "inferred",
    cost: unknownCost,
    remedy: advice(
      "host-reboot",
      "Turn on Above 4G Decoding and Resizable BAR in the firmware's settings.",
    ),
  };
}

/** What is in order, each once. */
function told(looks: readonly (Accusation | string | null)[]): string {
  return [...new Set(looks.flatMap((one) => (typeof one === "string" ? [one] : [])))].join(", ");
}
