import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { childElements, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../xml/read-xml.ts";

/**
 * Finds the elements of a name in what virsh printed: one document, several one after another, as a
 * loop over virsh writes them, or elements inside a root that somebody added. An element inside
 * another of the same name is part of the outer one.
 *
 * Errors: those of `readXml`.
 */
export function readDocuments(text: string, name: string, where: string): XmlElement[] {
  // Several documents become one XML document inside a wrapper element. Prologs may not stand
  // inside an element, so they are replaced by as many blanks, which keeps positions in errors
  // right.
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

/** The error for well-formed XML that is not what virsh prints. */
export function unexpected(message: string, where: string, command: string): EvenkeelError {
  return new EvenkeelError("xml-unexpected", message, {
    where,
    expected: `the output of virsh ${command}`,
    remedy: `run virsh ${command} on the host and give its whole output`,
  });
}

/** A decimal count; null for anything else, and above fifteen digits. */
export function readCount(text: string | null): number | null {
  return text !== null && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : null;
}

/** A vendor or model with single blanks; null where firmware has only dots and dashes. */
export function meaningful(text: string | null): string | null {
  return text !== null && /[\p{L}\p{N}]/u.test(text) ? text.trim().replace(/\s+/g, " ") : null;
}
