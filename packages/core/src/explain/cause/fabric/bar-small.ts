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
import { likeIn, nameOf, statesOf } from "../../subject/accelerator-states.ts";
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
  observable:
    "devices[].barMaxBytes beside machine.topology.pci[].barBytes, accelerators[].bar1Bytes",
  readFrom:
    "/sys/bus/pci/devices/*/{resource,resource*_resize}, nvidia-smi -q -x beside the twin's",
  acquittedBy: "the largest window that it can have, or one that cannot be resized",
  followsFrom: [],
  judge: (subject, twin) => {
    const beside = besideTwin(subject, twin);
    if (beside.length > 0) return accused(...beside);
    return judgeDevices(subject, (own) => {
      if (subject.evidence.of === "machine") return irrelevant;
      const looks = own.accelerators.map((address) => lookAt(address, subject, own));
      const small = looks.flatMap((one) => (typeof one === "object" ? (one ?? []) : []));
      if (small.length > 0) return accused(...small);
      if (looks.includes(null)) return untold("the sizes that its BARs can have were not read");
      return acquitted(told(looks));
    });
  },
};

/** By what the vendor's tool says, where the twin's of the same product has a larger window. */
function besideTwin(subject: Subject, twin: Subject | null): readonly Accusation[] {
  return (statesOf(subject) ?? []).flatMap((state): Accusation[] => {
    const theirs = likeIn(twin, state).flatMap(({ bar1Bytes }) => bar1Bytes ?? []);
    const most = Math.max(0, ...theirs);
    if (state.bar1Bytes === null || state.bar1Bytes >= most) return [];
    const about = nameOf(state);
    const where = `nvidia-smi -q: BAR1 of ${about} ${formatBytes(state.bar1Bytes)}`;
    return [accusation(about, state.bar1Bytes, most, where)];
  });
}

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
  const where = `${found?.where ?? address}/resource: largest BAR ${formatBytes(now)}`;
  return accusation(address, now, most, where);
}

function accusation(about: string, now: number, most: number, where: string): Accusation {
  return {
    about,
    expected: `a window of ${formatBytes(most)} to its memory`,
    found: `a window of ${formatBytes(now)}`,
    evidence: [where],
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
