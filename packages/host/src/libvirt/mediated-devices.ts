import type { AcceleratorInstance } from "@evenkeel/core/topology/topology.ts";
import { attribute, child, childrenNamed } from "@evenkeel/core/xml/element.ts";
import { type NodeDevice, textAt } from "./node-device.ts";

/**
 * The mediated devices of each parent, by the parent's node device name. A mediated device gives
 * its type's id; the type's name is in the list that the parent offers
 * (https://libvirt.org/formatnode.html, `mdev` and `mdev_types`). In older libvirt the UUID is only
 * in the device's name. Linear in the devices and the types.
 */
export function mediatedDevices(
  devices: ReadonlyMap<string, NodeDevice>,
): ReadonlyMap<string, readonly AcceleratorInstance[]> {
  const found = new Map<string, AcceleratorInstance[]>();
  const names = new Map<string, ReadonlyMap<string, string>>();
  for (const { name, parent, capabilities } of devices.values()) {
    const mdev = capabilities.get("mdev");
    if (mdev === undefined || parent === null) continue;
    const type = child(mdev, "type");
    const id = type === null ? null : attribute(type, "id");
    const uuid =
      textAt(mdev, "uuid") ??
      name
        .replace(/^mdev_/, "")
        .slice(0, 36)
        .replaceAll("_", "-");
    const offered = names.get(parent) ?? typeNames(devices.get(parent));
    names.set(parent, offered);
    const known = found.get(parent) ?? [];
    found.set(parent, known);
    known.push({
      profile: id === null ? null : (offered.get(id) ?? id).slice(0, 128),
      uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) ? uuid : null,
      memoryBytes: null,
    });
  }
  return found;
}

/** The names of the mediated device types that a device offers, by id. */
function typeNames(parent: NodeDevice | undefined): ReadonlyMap<string, string> {
  const pci = parent?.capabilities.get("pci");
  const inner = pci === undefined ? [] : childrenNamed(pci, "capability");
  const types = inner.find((each) => attribute(each, "type") === "mdev_types");
  const names = new Map<string, string>();
  for (const type of types === undefined ? [] : childrenNamed(types, "type")) {
    const [id, name] = [attribute(type, "id"), textAt(type, "name")];
    if (id !== null && name !== null) names.set(id, name);
  }
  return names;
}
