import { EvenkeelError } from "../error/evenkeel-error.ts";
import type { XmlElement, XmlNode } from "./element.ts";

/**
 * Writes an element as an XML 1.0 document without a declaration, ending in a newline.
 *
 * Order is kept. An element that holds only elements gets a line for each, indented by two spaces.
 * An element that holds text is written without additional white space, since there every space
 * counts. So reading the output gives the same tree, except for white space between elements.
 *
 * `quote` is the quote around attributes: libvirt writes single quotes, NCCL reads only double
 * ones.
 *
 * Throws `render-unsupported` for an invalid name, and for characters that no XML 1.0 document can
 * hold, escaped or not (https://www.w3.org/TR/xml/#charsets).
 */
export function writeXml(root: XmlElement, quote: XmlQuote = "'"): string {
  return `${lines(root, "", quote).join("\n")}\n`;
}

/** What attributes are quoted by. */
export type XmlQuote = "'" | '"';

function lines(element: XmlElement, indent: string, quote: XmlQuote): string[] {
  const { name, children } = element;
  const elements = children.filter((node) => typeof node !== "string");
  if (elements.length === 0 || elements.length < children.length) {
    return [indent + inline(element, quote)];
  }
  const inner = elements.flatMap((child) => lines(child, `${indent}  `, quote));
  return [`${indent}<${openTag(element, quote)}>`, ...inner, `${indent}</${name}>`];
}

function inline(node: XmlNode, quote: XmlQuote): string {
  if (typeof node === "string") return escapeText(node);
  const tag = openTag(node, quote);
  const content = node.children.map((child) => inline(child, quote)).join("");
  return content === "" ? `<${tag}/>` : `<${tag}>${content}</${node.name}>`;
}

function openTag({ name, attributes }: XmlElement, quote: XmlQuote): string {
  const pairs = [...attributes].map(
    ([attribute, value]) =>
      ` ${checkedName(attribute)}=${quote}${escapeAttribute(value, quote)}${quote}`,
  );
  return checkedName(name) + pairs.join("");
}

/** Names as in libvirt and every schema here: ASCII, with at most one prefix. */
const nameForm = /^[A-Za-z_][\w.-]{0,127}(:[A-Za-z_][\w.-]{0,127})?$/;

function checkedName(name: string): string {
  if (nameForm.test(name)) return name;
  throw new EvenkeelError("render-unsupported", `${JSON.stringify(name)} is no name in XML`, {
    expected: "a name of letters, digits, hyphens, dots and underscores",
  });
}

const references: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  // Needed only after `]]`, and harmless everywhere.
  [">", "&gt;"],
  ["'", "&apos;"],
  ['"', "&quot;"],
  // Unescaped, a reader turns a carriage return into a newline, and in attributes each into a
  // space.
  ["\t", "&#9;"],
  ["\n", "&#10;"],
  ["\r", "&#13;"],
]);

function escapeText(text: string): string {
  return refuseUnwritable(text).replace(/[&<>\r]/g, (character) => reference(character));
}

function escapeAttribute(value: string, quote: XmlQuote): string {
  const special = quote === "'" ? /[&<>'\t\n\r]/g : /[&<>"\t\n\r]/g;
  return refuseUnwritable(value).replace(special, (character) => reference(character));
}

function reference(character: string): string {
  return references.get(character) ?? character;
}

// All but tab, newline, return and the characters from space on; lone surrogates and the two
// non-characters that XML excludes are unwritable, too.
const unwritable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

function refuseUnwritable(text: string): string {
  const found = unwritable.exec(text)?.[0].codePointAt(0);
  if (found === undefined) return text;
  const code = `U+${found.toString(16).toUpperCase().padStart(4, "0")}`;
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  throw new EvenkeelError("render-unsupported", `the text ${shown} contains ${code}`, {
    expected: "characters that XML 1.0 can hold",
    remedy: "remove the control character",
  });
}
