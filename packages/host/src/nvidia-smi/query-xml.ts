import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  attribute,
  child,
  childrenNamed,
  textOf,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";
import { readXml } from "../xml/read-xml.ts";
import type { GpuFacts, MigFacts } from "./gpu-facts.ts";

/**
 * The GPUs in what `nvidia-smi -q -x` printed, also with a prompt around it. Elements that drivers
 * have added or renamed since are simply not there. A GPU's MIG devices are parts of it and no
 * accelerators of their own; which profile they have the document does not tell.
 *
 * Errors: those of `readXml`; `xml-unexpected` where the document is another.
 */
export function gpusInXml(text: string, where: string): GpuFacts[] {
  const log = readXml(document(text), where);
  if (log.name !== "nvidia_smi_log") {
    throw new EvenkeelError("xml-unexpected", `is a document of <${log.name}>`, {
      where,
      expected: "<nvidia_smi_log>, as nvidia-smi -q -x prints it",
    });
  }
  return childrenNamed(log, "gpu").map((gpu) => {
    const at = (...path: readonly string[]): string | null => valueAt(gpu, path);
    const link = (...path: readonly string[]): string | null =>
      at("pci", "pci_gpu_link_info", ...path);
    return {
      address: at("pci", "pci_bus_id") ?? attribute(gpu, "id"),
      productName: at("product_name"),
      uuid: at("uuid"),
      // Drivers 510 to 565 have the first, those since the second (with a capital I).
      moduleId: at("gpu_module_id") ?? at("platformInfo", "module_id"),
      pciId: at("pci", "pci_device_id"),
      baseClass: at("pci", "pci_base_class"),
      subClass: at("pci", "pci_sub_class"),
      memory: at("fb_memory_usage", "total") ?? at("memory_usage", "total"),
      generation: link("pcie_gen", "current_link_gen"),
      // The GPU's own maximum, which sysfs tells too; older drivers know what it can have here.
      maxGeneration: link("pcie_gen", "max_device_link_gen") ?? link("pcie_gen", "max_link_gen"),
      width: link("link_widths", "current_link_width"),
      maxWidth: link("link_widths", "max_link_width"),
      migMode: at("mig_mode", "current_mig"),
      virtualization: at("gpu_virtualization_mode", "virtualization_mode"),
      migDevices: migDevicesOf(gpu),
    };
  });
}

/** Where there are none, the element has the text `None`. */
function migDevicesOf(gpu: XmlElement): MigFacts[] {
  const all = child(gpu, "mig_devices");
  return (all === null ? [] : childrenNamed(all, "mig_device")).map((device) => ({
    profile: null,
    // The schema has it, and some drivers leave it out.
    uuid: valueAt(device, ["uuid"]),
    memory: valueAt(device, ["fb_memory_usage", "total"]),
  }));
}

const end = "</nvidia_smi_log>";

/** The first log in a text: prompts stand before it, and with `--loop` more logs after it. */
function document(text: string): string {
  const start = text.search(/<\?xml|<!DOCTYPE nvidia_smi_log|<nvidia_smi_log/);
  if (start < 0) return text;
  const until = text.indexOf(end, start);
  return text.slice(start, until < 0 ? undefined : until + end.length);
}

/** The text of the element there; null where it is missing or says that it has nothing to say. */
function valueAt(from: XmlElement, path: readonly string[]): string | null {
  let at: XmlElement | null = from;
  for (const name of path) at = at === null ? null : child(at, name);
  const value = at === null ? "" : textOf(at);
  return value === "" || value === "N/A" ? null : value;
}
