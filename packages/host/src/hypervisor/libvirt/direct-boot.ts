import { element, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import { readXml } from "../../xml/read-xml.ts";
import type { DirectBoot } from "../hypervisor.ts";

/**
 * Adds a kernel of the host to a domain: https://libvirt.org/formatdomain.html#direct-kernel-boot
 */
export function withDirectBoot(xml: string, boot: DirectBoot | null): string {
  if (boot === null) return xml;
  const domain = readXml(xml, "the domain");
  const children = domain.children.map((node) =>
    typeof node !== "string" && node.name === "os" ? booting(node, boot) : node,
  );
  return writeXml({ ...domain, children });
}

function booting(os: XmlElement, { kernel, initrd, append }: DirectBoot): XmlElement {
  const added = [
    element("kernel", {}, [kernel]),
    ...(initrd === null ? [] : [element("initrd", {}, [initrd])]),
    ...(append === null ? [] : [element("cmdline", {}, [append])]),
  ];
  return { ...os, children: [...os.children, ...added] };
}
