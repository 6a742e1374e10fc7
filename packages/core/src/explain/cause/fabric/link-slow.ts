import { advice } from "../../../remedy/remedy.ts";
import { pcieRateText } from "../../../topology/pcie-rate.ts";
import type { PcieLink, PciDevice } from "../../../topology/topology.ts";
import { isFast, nameOf, statesOf } from "../../subject/accelerator-states.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  type Judgement,
  untold,
} from "../../subject/cause.ts";
import {
  chainOf,
  isEmulated,
  judgeFunctions,
  type OwnDevices,
  physical,
} from "../../subject/own-devices.ts";
import type { Subject } from "../../subject/subject.ts";
import { transferCost } from "./transfer-cost.ts";

/**
 * A link that trained to fewer lanes or a lower speed than its device can do: a card that sits
 * badly, a riser, a slot with fewer lanes, a firmware setting. Copies between host and device are
 * slower in the same ratio.
 *
 * The number of lanes does not change while a link is up. The speed does: GPUs let an idle link
 * drop to 2.5 GT/s (P8). So a low speed counts only at work, or where the port above can do no more
 * at any time. NVLink-C2C makes the PCIe link of a Grace Hopper irrelevant.
 * https://docs.nvidia.com/deploy/nvidia-smi/ ("GPU Link information")
 */
export const linkSlow: Cause = {
  code: "link-slow",
  layer: "fabric",
  looksFor: "a PCIe link has fewer lanes, or while in use a lower speed, than its device can do",
  observable: "devices[].link, and machine.topology.pci[].link of the ports above",
  readFrom: "/sys/bus/pci/devices/*/{current,max}_link_{speed,width}",
  acquittedBy: "all lanes, at full speed or idle",
  followsFrom: [],
  judge: (subject) => {
    const told = subject.machine?.topology == null ? toldByTool(subject) : [];
    if (told.length > 0) return judgeHops(told, () => "hostToDevice");
    return judgeFunctions(subject, (own) => {
      const c2c = own.topology.accelerators.filter((one) => one.c2c === true);
      const direct = new Set(c2c.map(({ address }) => address));
      const hops = new Map(
        [...own.accelerators, ...rdmaNics(subject, own)]
          .filter((address) => !direct.has(address))
          .flatMap((address) => hopsAbove(address, subject, own))
          .map((hop) => [hop.lower.address, hop]),
      );
      if (hops.size === 0) return acquitted("its devices have no PCIe link that counts");
      return judgeHops([...hops.values()], (hop) => hopPart(hop, own));
    });
  },
};

function judgeHops(hops: readonly Hop[], partOf: (hop: Hop) => Part): Judgement {
  const looks = hops.map((hop) => lookAt(hop, partOf(hop)));
  const slow = looks.flatMap((one) => (typeof one === "object" ? (one ?? []) : []));
  if (slow.length > 0) return accused(...slow);
  const unread = looks.find((one) => typeof one === "string");
  return unread === undefined ? acquitted("every link has all its lanes") : untold(unread);
}

/** Of a machine whose devices nobody listed, the links that the vendor's tool tells of. */
function toldByTool(subject: Subject): readonly Hop[] {
  const listed = new Set(
    subject.evidence.devices.flatMap(({ address, link }) => (link === null ? [] : [address])),
  );
  if (listed.size > 0) return [];
  return (statesOf(subject) ?? []).flatMap((state): Hop[] => {
    const { link } = state;
    if (link === null) return [];
    return [{ lower: { address: nameOf(state) }, link, port: null, isInUse: isFast(state) }];
  });
}

/** Of a machine the NICs that have RDMA: those that manage it may have what link they like. */
function rdmaNics({ evidence }: Subject, { topology, nics }: OwnDevices): readonly string[] {
  const rdma = new Map(topology.nics.map((nic) => [nic.address, nic.rdma]));
  return nics.filter((address) => {
    const has = rdma.get(address) ?? null;
    return evidence.of === "machine" ? has === true : has !== false;
  });
}

/** A link, by its two ends. */
interface Hop {
  readonly lower: Pick<PciDevice, "address">;
  readonly link: PcieLink | null;
  readonly port: PciDevice | null;
  /** Whether what is below works now; null where nothing tells. */
  readonly isInUse: boolean | null;
}

/**
 * The links from a function up to its root port. A port and what is below it tell of one link, so
 * every second function of the chain is the lower end of one.
 */
function hopsAbove(address: string, subject: Subject, own: OwnDevices): Hop[] {
  const device = physical(address, own.byAddress);
  if (device === undefined) return [];
  const chain = chainOf(device, own.byAddress);
  const now = linkNow(device, subject, own);
  const isSketch = subject.machine?.topology == null;
  const isInUse = own.nics.includes(address) ? true : isUsed(device.address, subject, own);
  return chain.flatMap((lower, i): Hop[] => {
    const link = i === 0 ? now : lower.link;
    // What is built into the processor or made by QEMU has no link.
    const isLinked = link !== null || lower.parent !== null || isSketch;
    if (i % 2 === 1 || isEmulated(lower) || !isLinked) return [];
    const above = chain[i + 1] ?? null;
    return [{ lower, link, port: above === null || isEmulated(above) ? null : above, isInUse }];
  });
}

/** A device's link as the kernel has it, or else the vendor's tool, where it is clear of which. */
function linkNow(device: PciDevice, subject: Subject, own: OwnDevices): PcieLink | null {
  const read = subject.evidence.devices.find(({ address }) => address === device.address);
  const states = statesOf(subject) ?? [];
  const itself = states.find(({ address }) => address === device.address);
  const isOnly = states.length === 1 && own.accelerators.length === 1;
  const isItsOwn = own.accelerators.includes(device.address);
  const told = subject.evidence.of === "vm" ? (isOnly ? states[0] : undefined) : itself;
  return read?.link ?? device.link ?? (isItsOwn ? (told?.link ?? null) : null);
}

/**
 * Whether an accelerator works now. A guest's tool knows the guest's addresses only, so of a VM all
 * its accelerators must agree.
 */
function isUsed(address: string, subject: Subject, { accelerators }: OwnDevices): boolean | null {
  const states = statesOf(subject) ?? [];
  const itself = states.find((state) => state.address === address);
  if (itself !== undefined && subject.evidence.of !== "vm") return isFast(itself);
  const all = new Set(states.map(isFast));
  const [first = null] = all;
  return all.size === 1 && states.length === accelerators.length ? first : null;
}

/** A fault; why that cannot be told; or null where the link is in order. */
function lookAt({ lower, link, port, isInUse }: Hop, part: Part): Accusation | string | null {
  const { address } = lower;
  const { speedGTs = null, width = null, maxSpeedGTs = null, maxWidth = null } = link ?? {};
  if (width === null || maxWidth === null) return `the link of ${address} was not read`;
  const isNarrow = width < maxWidth;
  const portMax = port?.link?.maxSpeedGTs ?? null;
  const isHeld = portMax !== null && maxSpeedGTs !== null && portMax < maxSpeedGTs;
  const reached = isInUse === true ? speedGTs : isHeld ? portMax : maxSpeedGTs;
  const isLow = reached !== null && maxSpeedGTs !== null && reached < maxSpeedGTs;
  if (!isNarrow && !isLow) {
    const dropped = speedGTs !== null && maxSpeedGTs !== null && speedGTs < maxSpeedGTs;
    if (!dropped || isInUse === false) return null;
    return `the link of ${address} is at ${speedGTs} GT/s, and nvidia-smi does not tell whether it is idle`;
  }
  const portWidth = port?.link?.maxWidth ?? null;
  const isSlot = isHeld || (portWidth !== null && portWidth < maxWidth);
  const speeds = isLow && reached !== null && maxSpeedGTs !== null ? maxSpeedGTs / reached : 1;
  const limit = isSlot ? `; the port above it can do ${rate(port?.link ?? null, "max")}` : "";
  return {
    about: address,
    expected: `${rate(link, "max")}, as the device can do`,
    found: `${rate({ speedGTs: reached, width, maxSpeedGTs, maxWidth }, "now")}${limit}`,
    evidence: [`${address}: ${speedGTs} GT/s x${width}, max ${maxSpeedGTs} GT/s x${maxWidth}`],
    // A device that is newer than its slot works as well as that machine can.
    seen: isNarrow || !isHeld ? "directly" : "inferred",
    cost: transferCost(part, speeds * (maxWidth / width)),
    remedy: isSlot
      ? advice(
          "host-reboot",
          `Move ${address} to a slot with ${rate(link, "max")}, or give the slot its lanes and speed in the firmware's settings.`,
        )
      : advice(
          "host-reboot",
          `Seat the card of ${address} again, or try another riser or slot: the device can do ${rate(link, "max")}.`,
        ),
  };
}

function rate(link: PcieLink | null, which: "now" | "max"): string {
  if (link === null) return "unknown";
  const { speedGTs, width, maxSpeedGTs, maxWidth } = link;
  return which === "max" ? pcieRateText(maxSpeedGTs, maxWidth) : pcieRateText(speedGTs, width);
}

type Part = "hostToDevice" | "network";

function hopPart({ lower }: Hop, { nics }: OwnDevices): Part {
  return nics.includes(lower.address) ? "network" : "hostToDevice";
}
