import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  attribute,
  child,
  childrenNamed,
  textOf,
  type XmlElement,
  type XmlNode,
} from "@evenkeel/core/xml/element.ts";
import { readXml } from "../xml/read-xml.ts";
import type { MigFacts } from "./gpu-facts.ts";
import { missingGpus, type QueryText } from "./query-text.ts";
import { readElements } from "./read-elements.ts";

/**
 * Reads the GPUs in the output of `nvidia-smi -q -x`, also with a prompt around it. Elements that a
 * driver does not have are null. MIG devices are parts of their GPU, not accelerators; the document
 * does not contain their profiles.
 *
 * Errors: those of `readXml`; `xml-unexpected` for any other document.
 */
export function gpusInXml(text: string, where: string): QueryText {
  const log = readLog(text, where);
  const elements = childrenNamed(log, "gpu");
  const attached = attachedGpus(log);
  const names = elements.flatMap(({ children }) => children.flatMap(unusedName));
  const gpus = elements.map((gpu) => {
    const at = (...path: readonly string[]): string | null => valueAt(gpu, path);
    const link = (...path: readonly string[]): string | null =>
      at("pci", "pci_gpu_link_info", ...path);
    return {
      index: null,
      address: at("pci", "pci_bus_id") ?? attribute(gpu, "id"),
      productName: at("product_name"),
      uuid: at("uuid"),
      // The first is in drivers 510 to 565, the second (with a capital I) in later ones.
      moduleId: at("gpu_module_id") ?? at("platformInfo", "module_id"),
      pciId: at("pci", "pci_device_id"),
      baseClass: at("pci", "pci_base_class"),
      subClass: at("pci", "pci_sub_class"),
      memory: at("fb_memory_usage", "total") ?? at("memory_usage", "total"),
      generation: link("pcie_gen", "current_link_gen"),
      // The GPU's own maximum, as in sysfs. Older drivers only have the maximum in this slot.
      maxGeneration: link("pcie_gen", "max_device_link_gen") ?? link("pcie_gen", "max_link_gen"),
      width: link("link_widths", "current_link_width"),
      maxWidth: link("link_widths", "max_link_width"),
      migMode: at("mig_mode", "current_mig"),
      virtualization: at("gpu_virtualization_mode", "virtualization_mode"),
      addressingMode: at("addressing_mode"),
      c2cMode: at("c2c_mode"),
      migDevices: migDevicesOf(gpu),
    };
  });
  return {
    gpus,
    missing: missingGpus(attached, gpus.length),
    unused: [...new Set(names)],
  };
}

/** The document that `nvidia-smi -q -x` prints, also with a prompt around it. */
export function readLog(text: string, where: string): XmlElement {
  const log = readXml(document(text), where);
  if (log.name === "nvidia_smi_log") return log;
  throw new EvenkeelError("xml-unexpected", `is an XML document with the root <${log.name}>`, {
    where,
    expected: "<nvidia_smi_log>, as nvidia-smi -q -x prints it",
  });
}

/** How many GPUs the machine has by the document, which may list only some of them. */
export function attachedGpus(log: XmlElement): number | null {
  const count = /^\d{1,4}$/.exec(valueAt(log, ["attached_gpus"]) ?? "")?.[0];
  return count === undefined ? null : Number(count);
}

/** The name of an element with a value that is not read. */
function unusedName(node: XmlNode): string[] {
  return typeof node === "string" || readElements.has(node.name) || !hasValue(node)
    ? []
    : [node.name];
}

function hasValue(node: XmlNode): boolean {
  if (typeof node !== "string") return node.children.some(hasValue);
  return !/^(?:N\/A|None|)$/.test(node.trim());
}

/** Without MIG devices the element has the text `None`. */
function migDevicesOf(gpu: XmlElement): MigFacts[] {
  const all = child(gpu, "mig_devices");
  return (all === null ? [] : childrenNamed(all, "mig_device")).map((device) => ({
    profile: null,
    // The schema has it, but some drivers omit it.
    uuid: valueAt(device, ["uuid"]),
    memory: valueAt(device, ["fb_memory_usage", "total"]),
  }));
}

const end = "</nvidia_smi_log>";

/** The first log in a text: prompts may precede it, and with `--loop` more logs follow. */
function document(text: string): string {
  const start = text.search(/<\?xml|<!DOCTYPE nvidia_smi_log|<nvidia_smi_log/);
  if (start < 0) return text;
  const until = text.indexOf(end, start);
  return text.slice(start, until < 0 ? undefined : until + end.length);
}

/** The text of the element at the path; null where it is missing, empty or `N/A`. */
export function valueAt(from: XmlElement, path: readonly string[]): string | null {
  let at: XmlElement | null = from;
  for (const name of path) at = at === null ? null : child(at, name);
  const value = at === null ? "" : textOf(at);
  return value === "" || value === "N/A" ? null : value;
}
