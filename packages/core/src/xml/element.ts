/**
 * XML as an ordered tree, for readers and writers. Text keeps its place among the elements.
 * Comments, processing instructions and the document type are dropped; names with a namespace are
 * kept as written (`qemu:commandline`).
 */
export interface XmlElement {
  readonly name: string;
  /** In the order they were written. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
}

/** An element, or text. */
export type XmlNode = XmlElement | string;

/** An element; numbers become their shortest decimal form. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>> = {},
  children: readonly XmlNode[] = [],
): XmlElement {
  const entries = Object.entries(attributes);
  return { name, attributes: new Map(entries.map(([key, value]) => [key, `${value}`])), children };
}

/** The child elements in their order, without the text between them. */
export function childElements(parent: XmlElement): readonly XmlElement[] {
  return parent.children.filter((node) => typeof node !== "string");
}

/** The child elements of that name, in their order. */
export function childrenNamed(parent: XmlElement, name: string): readonly XmlElement[] {
  return childElements(parent).filter((candidate) => candidate.name === name);
}

/** The first child element of that name, or null. */
export function child(parent: XmlElement, name: string): XmlElement | null {
  return childElements(parent).find((candidate) => candidate.name === name) ?? null;
}

/** The attribute's value as written, or null where the element does not have it. */
export function attribute(of: XmlElement, name: string): string | null {
  return of.attributes.get(name) ?? null;
}

/** The element's own text, without that of its child elements and without outer white space. */
export function textOf(of: XmlElement): string {
  return of.children
    .filter((node) => typeof node === "string")
    .join("")
    .trim();
}
