import { normalPciAddress } from "../../../topology/pci-address.ts";
import { attribute, childElements, childrenNamed, type XmlElement } from "../../../xml/element.ts";

/** A topology file as it stands, in the order of its elements. */
export interface NcclFile {
  readonly cpus: readonly FileCpu[];
  readonly functions: readonly FileFunction[];
}

export interface FileCpu {
  readonly numaid: string;
  readonly affinity: string | null;
}

export interface FileFunction {
  readonly element: XmlElement;
  /** As the file has it. */
  readonly busid: string | null;
  /** In full and in lower case; null where it is none. */
  readonly address: string | null;
  readonly kind: "accelerator" | "nic" | "bridge" | "other";
  readonly numaid: string;
  /** The bridges above it in the file, nearest first. */
  readonly above: readonly FileFunction[];
}

export function ncclFile(system: XmlElement): NcclFile {
  const cpus = childrenNamed(system, "cpu").map((element) => ({
    element,
    numaid: attribute(element, "numaid")?.trim() ?? "",
    affinity: attribute(element, "affinity"),
  }));
  const functions = cpus.flatMap(({ element, numaid }) => functionsIn(element, numaid, []));
  return { cpus: cpus.map(({ numaid, affinity }) => ({ numaid, affinity })), functions };
}

/** Documents are read to a bounded depth, and so is this. */
function functionsIn(
  parent: XmlElement,
  numaid: string,
  above: readonly FileFunction[],
): FileFunction[] {
  return childrenNamed(parent, "pci").flatMap((element) => {
    const busid = attribute(element, "busid");
    const address = normalPciAddress(busid ?? "");
    const own: FileFunction = { element, busid, address, kind: kindOf(element), numaid, above };
    return [own, ...functionsIn(element, numaid, [own, ...above])];
  });
}

/** By its marks, then by what is below it, then by its class. */
function kindOf(element: XmlElement): FileFunction["kind"] {
  const names = new Set(childElements(element).map(({ name }) => name));
  if (names.has("gpu")) return "accelerator";
  if (names.has("nic")) return "nic";
  const code = attribute(element, "class")?.trim().replace(/^0x/i, "") ?? "";
  if (names.has("pci") || code.startsWith("0604")) return "bridge";
  if (/^(03|12)/.test(code)) return "accelerator";
  return code.startsWith("02") ? "nic" : "other";
}
