import { comparePciAddresses, normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Link, LinkKind } from "@evenkeel/core/topology/topology.ts";
import { attribute, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import type { NcclPci } from "./pci.ts";
import { readClass, readCount } from "./values.ts";

/**
 * The NVLink and XGMI links between the GPUs of a file.
 *
 * Each GPU lists its links by their other end, and the class of that end (`tclass`) says what it
 * is: another GPU, usually listed from both sides; an NVSwitch; or, on POWER9 and Grace, a
 * processor, which connects no two GPUs. To NCCL the NVSwitches are one fabric, so two GPUs with
 * links into switches are connected by as many links as the GPU with fewer has, like NV18 in
 * nvidia-smi. Where the two sides give different numbers, the smaller is taken, because only that
 * many links can have both ends.
 *
 * A link to a GPU that is not in the file (that of another process) or to the GPU itself, as in
 * Azure's file for NC A100 v4, is left out. The cost is quadratic in the GPUs.
 */
export function readLinks(gpus: readonly NcclPci[]): Link[] {
  const ends = gpus.map(endsOf);
  const known = new Set(ends.map(({ address }) => address));
  const pairs = new Map<string, Link>();
  for (const { address, direct } of ends) {
    for (const { target, kind, lanes } of direct) {
      if (known.has(target) && target !== address) addLink(pairs, address, target, kind, lanes);
    }
  }
  for (const [i, one] of ends.entries()) {
    for (const other of ends.slice(i + 1)) {
      if (one.intoSwitches === 0 || other.intoSwitches === 0) continue;
      const both = smallerIfKnown(one.intoSwitches, other.intoSwitches);
      addLink(pairs, one.address, other.address, "nvlink", both);
    }
  }
  return [...pairs.values()];
}

interface Ends {
  readonly address: string;
  /** The number of links into NVSwitches; null where one is missing. */
  readonly intoSwitches: number | null;
  readonly direct: readonly {
    readonly target: string;
    readonly kind: LinkKind;
    readonly lanes: number | null;
  }[];
}

/**
 * Ranks that share a GPU, and the partitions of a GPU, each have their own element, every one with
 * all of the GPU's links.
 */
function endsOf({ element, device: { address } }: NcclPci): Ends {
  const gpus = element === null ? [] : childrenNamed(element, "gpu");
  const direct = new Map<string, Ends["direct"][number]>();
  for (const link of gpus.flatMap(linksIn)) {
    const target = normalPciAddress(attribute(link, "target") ?? "");
    const lanes = countOf(link);
    if (targetKind(link) !== "gpu" || target === null || lanes === 0) continue;
    direct.set(target, { target, kind: link.name === "xgmi" ? "xgmi" : "nvlink", lanes });
  }
  const intoSwitches = gpus.map(lanesIntoSwitches);
  return {
    address,
    intoSwitches: intoSwitches.includes(null) ? null : Math.max(0, ...intoSwitches.map(Number)),
    direct: [...direct.values()],
  };
}

function linksIn(gpu: XmlElement): XmlElement[] {
  return [...childrenNamed(gpu, "nvlink"), ...childrenNamed(gpu, "xgmi")];
}

function countOf(link: XmlElement): number | null {
  return readCount(attribute(link, "count"));
}

function lanesIntoSwitches(gpu: XmlElement): number | null {
  return linksIn(gpu)
    .filter((link) => targetKind(link) === "switch")
    .map(countOf)
    .reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

/**
 * GPUs have class 03 or, since Instinct MI300, 12. An NVSwitch is a bridge of kind "other" with
 * interface 00; POWER9's end of NVLink has interface 01. A target outside the machine
 * (`fffffff:ff:ff.0`, which NVML writes for what a guest cannot see) counts as a switch, as in
 * NCCL.
 */
function targetKind(link: XmlElement): "gpu" | "switch" | "other" {
  const tclass = attribute(link, "tclass");
  const isUnseen = attribute(link, "target")?.startsWith("fffffff:") === true;
  if (tclass === null) return isUnseen ? "switch" : "gpu";
  const code = readClass(tclass);
  if (code.startsWith("03") || code.startsWith("12")) return "gpu";
  return code === "068000" || code === "0680" ? "switch" : "other";
}

function addLink(
  pairs: Map<string, Link>,
  one: string,
  other: string,
  kind: LinkKind,
  lanes: number | null,
): void {
  const [a, b] = comparePciAddresses(one, other) < 0 ? [one, other] : [other, one];
  const known = pairs.get(`${a} ${b}`);
  const both = known === undefined ? lanes : smallerIfKnown(known.lanes, lanes);
  pairs.set(`${a} ${b}`, { a, b, kind, lanes: both });
}

function smallerIfKnown(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.min(one, other);
}
