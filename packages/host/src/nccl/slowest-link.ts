import { child, childElements, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../xml/read-xml.ts";
import { readClass, readLink } from "./values.ts";
import { attribute } from "@evenkeel/core/xml/element.ts";

/** A link as a topology file states it. */
export interface StatedLink {
  readonly speedGTs: number;
  readonly width: number;
}

/**
 * The slowest link that a topology file of NCCL states between a processor and an accelerator: that
 * of the accelerator itself or of a switch above it. Null where it states none, or is no such file:
 * it comes from a guest, and NCCL says itself what it cannot read.
 */
export function slowestLink(text: string, where: string): StatedLink | null {
  const links: StatedLink[] = [];
  const visit = (element: XmlElement, above: readonly StatedLink[]): void => {
    const link = element.name === "pci" ? statedLink(element) : null;
    const path = link === null ? above : [...above, link];
    if (element.name === "pci" && isAccelerator(element)) links.push(...path);
    for (const inner of childElements(element)) visit(inner, path);
  };
  try {
    visit(readXml(text, where), []);
  } catch {
    return null;
  }
  return links.toSorted((a, b) => a.speedGTs * a.width - b.speedGTs * b.width)[0] ?? null;
}

function statedLink(element: XmlElement): StatedLink | null {
  const link = readLink(element);
  const { maxSpeedGTs: speedGTs = null, maxWidth: width = null } = link ?? {};
  return speedGTs === null || width === null ? null : { speedGTs, width };
}

function isAccelerator(element: XmlElement): boolean {
  if (child(element, "gpu") !== null) return true;
  return /^(?:03|12)/.test(readClass(attribute(element, "class")));
}
