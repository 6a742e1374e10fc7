import { element, type XmlElement, type XmlNode } from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readXml } from "./read-xml.ts";

const character = fc.oneof(
  fc.constantFrom(
    "&",
    "<",
    ">",
    "'",
    '"',
    "\t",
    "\n",
    "\r",
    " ",
    "]]>",
    "é",
    "𝔼",
    "\u0085",
    "\u2028",
  ),
  fc.string({ minLength: 1, maxLength: 1, unit: "grapheme-ascii" }),
);
const text = fc.array(character, { maxLength: 12 }).map((parts) => parts.join(""));
const name = fc.constantFrom("a", "cell", "memnode", "evenkeel:plan", "x-y.z_0");
const attributes = fc.dictionary(fc.constantFrom("id", "mode", "k:v", "_"), text);

const { tree } = fc.letrec<{ tree: XmlElement; node: XmlNode }>((tie) => ({
  tree: fc
    .tuple(name, attributes, fc.array(tie("node"), { maxLength: 5 }))
    .map(([of, pairs, children]) => element(of, pairs, children)),
  node: fc.oneof({ maxDepth: 4 }, text, tie("tree")),
}));

/** Merges adjacent texts, and drops empty texts and space between elements, as a reader does. */
function merged({ name: of, attributes: pairs, children }: XmlElement): XmlElement {
  const nodes: XmlNode[] = [];
  for (const child of children) {
    const last = nodes.at(-1);
    if (typeof child !== "string") nodes.push(merged(child));
    else if (typeof last === "string") nodes.splice(-1, 1, last + child);
    else if (child !== "") nodes.push(child);
  }
  return { name: of, attributes: pairs, children: nodes };
}

function withoutIndentation(read: XmlElement): XmlElement {
  const own = merged(read);
  const texts = own.children.filter((node) => typeof node === "string");
  const indented = texts.length < own.children.length && texts.every((t) => /^\n *$/.test(t));
  const children = own.children.filter((node) => !indented || typeof node !== "string");
  return {
    ...own,
    children: children.map((node) => (typeof node === "string" ? node : withoutIndentation(node))),
  };
}

test("reading what was written gives the same tree", () => {
  fc.assert(
    fc.property(tree, (original) => {
      const read = withoutIndentation(readXml(writeXml(original), "written"));
      expect(read).toEqual(withoutIndentation(original));
    }),
    { numRuns: 2000 },
  );
});
