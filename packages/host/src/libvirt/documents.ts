import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { childElements, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../xml/read-xml.ts";

/**
 * The elements of that name in what virsh printed: one document, several one after another as a
 * loop over virsh leaves them in one file, or elements within a root that somebody put around them.
 * An element within another of the same name is part of that one.
 *
 * Errors: those of `readXml`.
 */
export function readDocuments(text: string, name: string, where: string): XmlElement[] {
  // Several documents are no XML document, but they are within one more element. What begins a
  // document may not stand inside; it goes, blank for blank, so that positions in errors hold.
  const blank = (prolog: string): string => prolog.replace(/[^\n]/g, " ");
  const body = text
    .replace(/^\uFEFF/, "")
    .replace(/<\?xml[^<>]{0,200}\?>/g, blank)
    .replace(/<!DOCTYPE[\w\s.-]{0,100}>/g, blank);
  return elementsNamed(readXml(`<${wrapper}>${body}</${wrapper}>`, where), name);
}

const wrapper = "documents";

/** The depth of the tree is bounded by `readXml`. */
function elementsNamed(parent: XmlElement, name: string): XmlElement[] {
  return childElements(parent).flatMap((each) =>
    each.name === name ? [each] : elementsNamed(each, name),
  );
}

/** A refusal of well-formed XML that is not what virsh prints. */
export function unexpected(message: string, where: string, command: string): EvenkeelError {
  return new EvenkeelError("xml-unexpected", message, {
    where,
    expected: `the output of virsh ${command}`,
    remedy: `run virsh ${command} on the host and give its whole output`,
  });
}

/** A decimal count; null of anything else, and of what no machine has. */
export function readCount(text: string | null): number | null {
  return text !== null && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : null;
}

/** A vendor or model that firmware filled in, with its blanks made single; null of dots and dashes. */
export function meaningful(text: string | null): string | null {
  return text !== null && /[\p{L}\p{N}]/u.test(text) ? text.trim().replace(/\s+/g, " ") : null;
}
