import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";
import type { XmlElement, XmlNode } from "@evenkeel/core/xml/element.ts";
import { SaxesParser } from "saxes";

/**
 * The limits of a document. The largest hwloc export seen, for 384 CPUs, has 2,200 elements, 12
 * deep; an export for 8,192 CPUs has some 50,000. Documents of libvirt and NCCL are far smaller.
 */
export const xmlLimits = {
  bytes: 32 * MiB,
  elements: 100_000,
  attributes: 2_000_000,
  attributesOfOneElement: 256,
  depth: 256,
} as const;

/**
 * Reads an XML 1.0 document strictly: a document that is not well-formed is refused with line and
 * column.
 *
 * A document type may be named, as hwloc and libvirt do, and is never fetched. A document type that
 * declares entities is refused, and so are nesting and sizes beyond the limits. Time and memory are
 * proportional to the text, which is at most `xmlLimits.bytes`.
 *
 * Errors: `xml-malformed`, `xml-unsafe`, `file-too-large`.
 */
export function readXml(text: string, where: string): XmlElement {
  if (text.length > xmlLimits.bytes) {
    const found = `is too large: it has ${formatBytes(text.length)}`;
    throw new EvenkeelError("file-too-large", found, {
      where,
      expected: `an XML document of at most ${formatBytes(xmlLimits.bytes)}`,
    });
  }
  const parser = new SaxesParser({ position: true });
  const at = (): string => `${where}:${parser.line}:${parser.column}`;
  const tree = treeBuilder((message) => unsafe(message, at()));
  parser.on("error", (error) => {
    // saxes starts its messages with the position, which goes into `where`.
    throw malformed(error.message.replace(/^[\d:]{1,40}\s/, ""), at(), error);
  });
  parser.on("doctype", (declaration) => {
    if (declaration.includes("<!ENTITY")) throw unsafe("declares entities of its own", at());
  });
  parser.on("opentagstart", (tag) => tree.open(tag.name));
  parser.on("attribute", ({ name, value }) => tree.attribute(name, value));
  parser.on("closetag", () => tree.close());
  parser.on("text", (content) => tree.text(content));
  parser.on("cdata", (content) => tree.text(content));
  parser.write(text).close();
  const root = tree.root();
  if (root === null) throw malformed("has no element", at());
  return root;
}

interface OpenElement extends XmlElement {
  readonly attributes: Map<string, string>;
  readonly children: XmlNode[];
}

/** Builds the tree from the parser's events, within the limits. */
function treeBuilder(refusal: (message: string) => EvenkeelError) {
  const open: OpenElement[] = [];
  let root: OpenElement | null = null;
  let elements = 0;
  let attributes = 0;
  return {
    open(name: string): void {
      if (++elements > xmlLimits.elements) {
        throw refusal(`has more than ${xmlLimits.elements} elements`);
      }
      if (open.length >= xmlLimits.depth) {
        throw refusal(`nests elements deeper than ${xmlLimits.depth}`);
      }
      const element: OpenElement = { name, attributes: new Map(), children: [] };
      const parent = open.at(-1);
      if (parent !== undefined) parent.children.push(element);
      else root ??= element;
      open.push(element);
    },
    attribute(name: string, value: string): void {
      const element = open.at(-1);
      if (element === undefined) return;
      // The parser refuses a repeated attribute after it has seen all of the element.
      element.attributes.set(name, value);
      attributes++;
      const { attributes: most, attributesOfOneElement } = xmlLimits;
      if (attributes > most || element.attributes.size > attributesOfOneElement) {
        throw refusal(
          `has more than ${attributesOfOneElement} attributes in an element, or ${most} in all`,
        );
      }
    },
    text(content: string): void {
      open.at(-1)?.children.push(content);
    },
    close(): void {
      open.pop();
    },
    root: (): XmlElement | null => root,
  };
}

function malformed(message: string, where: string, cause?: unknown): EvenkeelError {
  return new EvenkeelError("xml-malformed", message, {
    where,
    expected: "a complete, well-formed XML document",
    cause,
  });
}

function unsafe(message: string, where: string): EvenkeelError {
  return new EvenkeelError("xml-unsafe", message, {
    where,
    expected: "plain XML, as lstopo and virsh write it",
  });
}
