import type { XmlElement } from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import { readXml } from "@evenkeel/host/xml/read-xml.ts";

/** What becomes of an element, given the names of those around it; null takes it out. */
export type Change = (element: XmlElement, around: readonly string[]) => XmlElement | null;

/** A domain as somebody might have edited it: every element, from the outside in, as changed. */
export function altered(xml: string, change: Change): string {
  const walk = (element: XmlElement, around: readonly string[]): XmlElement | null => {
    const changed = change(element, around);
    if (changed === null) return null;
    const inside = [...around, changed.name];
    const children = changed.children
      .map((node) => (typeof node === "string" ? node : walk(node, inside)))
      .filter((node) => node !== null);
    return { ...changed, children };
  };
  const domain = walk(readXml(xml, "the domain"), []);
  if (domain === null) throw new Error("nothing is left of the domain");
  return writeXml(domain);
}

/** An element with some of its attributes changed. */
export function withAttributes(
  element: XmlElement,
  changed: Readonly<Record<string, string>>,
): XmlElement {
  return {
    ...element,
    attributes: new Map([...element.attributes, ...Object.entries(changed)]),
  };
}
