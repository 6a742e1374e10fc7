import type { XmlElement } from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import { readXml } from "@evenkeel/host/xml/read-xml.ts";

/** Changes an element, given the names of its ancestors; null removes it. */
export type Change = (element: XmlElement, around: readonly string[]) => XmlElement | null;

/** Edits a domain: changes every element from the outside in. */
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
  if (domain === null) throw new Error("the change removed the whole domain");
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
