import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { element, type XmlElement, type XmlNode } from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import { readXml } from "../xml/read-xml.ts";

/** The elements of `nvidia-smi -q -x` that `query-xml.ts` reads, and their parents. */
const kept: ReadonlySet<string> = new Set([
  "nvidia_smi_log",
  "gpu",
  "product_name",
  "uuid",
  "gpu_module_id",
  "platformInfo",
  "module_id",
  "pci",
  "pci_bus_id",
  "pci_device_id",
  "pci_base_class",
  "pci_sub_class",
  "pci_gpu_link_info",
  "pcie_gen",
  "current_link_gen",
  "max_device_link_gen",
  "max_link_gen",
  "link_widths",
  "current_link_width",
  "max_link_width",
  "fb_memory_usage",
  "memory_usage",
  "total",
  "mig_mode",
  "current_mig",
  "mig_devices",
  "mig_device",
  "gpu_virtualization_mode",
  "virtualization_mode",
]);

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
    return kept.has(node.name) ? [keptOf(node)] : [];
  });
  return element(from.name, id === undefined ? {} : { id }, children);
}
