import {
  attribute,
  child,
  childElements,
  textOf,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";

/**
 * All of a domain that a plan decides, one line each, so that what was asked for can be compared
 * with what libvirt made of it: it writes elements in another order and adds its own.
 */
export function placedParts(domain: XmlElement): string[] {
  const parts = ["cputune", "numatune", "memoryBacking", "iothreads"].map((name) =>
    child(domain, name),
  );
  const cpu = child(domain, "cpu");
  const devices = child(domain, "devices");
  const placed = [
    child(domain, "uuid"),
    child(domain, "memory"),
    child(domain, "vcpu"),
    child(domain, "qemu:override"),
    ...parts,
    ...["topology", "numa", "maxphysaddr"].map((name) => cpu && child(cpu, name)),
    ...childElements(devices ?? domain).filter(isPlaced),
  ];
  return placed.flatMap((part) => (part === null ? [] : lines(part, ""))).toSorted();
}

function isPlaced(device: XmlElement): boolean {
  if (device.name === "controller") return attribute(device, "type") === "pci";
  return ["hostdev", "memballoon", "iommu"].includes(device.name);
}

/** Each leaf as its path, with the attributes on the way. */
function lines(element: XmlElement, path: string): string[] {
  const attributes = [...element.attributes].map(([name, value]) => `${name}=${value}`).toSorted();
  const here = `${path}/${[element.name, ...attributes].join(" ")}`;
  const inner = childElements(element).filter(({ name }) => name !== "alias");
  if (inner.length > 0) return inner.flatMap((each) => lines(each, here));
  return [`${here} ${textOf(element)}`.trimEnd()];
}
