import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { element, type XmlElement, type XmlNode } from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import { readXml } from "../xml/read-xml.ts";
import { isKept } from "./read-elements.ts";

/**
 * Reduces `nvidia-smi -q -x` to a document of the same form with only the elements that are read.
 * The original also has serial numbers, and the processes and users of the GPUs. Empty where the
 * text is not such a document.
 */
export function redactedQuery(text: string): string {
  try {
    const start = Math.max(0, text.indexOf("<nvidia_smi_log"));
    return writeXml(keptOf(readXml(text.slice(start), "nvidia-smi -q -x")));
  } catch (error) {
    if (error instanceof EvenkeelError) return "";
    throw error;
  }
}

function keptOf(from: XmlElement): XmlElement {
  const id = from.name === "gpu" ? from.attributes.get("id") : undefined;
  const children = from.children.flatMap((node): XmlNode[] => {
    if (typeof node === "string") return node.trim() === "" ? [] : [node.trim()];
    return isKept(node.name) ? [keptOf(node)] : [];
  });
  return element(from.name, id === undefined ? {} : { id }, children);
}
