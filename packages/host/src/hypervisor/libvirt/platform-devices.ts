import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { attribute, childElements, textOf, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../../xml/read-xml.ts";
import { deviceShapes, type Shape } from "./device-shapes.ts";

/**
 * Reads a file `<devices>…</devices>`: disks, networks and consoles of the platform, which no plan
 * decides. It takes what is on a list of elements, attributes and values, and refuses everything
 * else, so that nothing takes a device of the host past the plan, runs a program, writes a file
 * that a guest could fill, or takes a place of the plan's in the PCI tree of the guest.
 *
 * A network can still stand for a device of the host: see `refuseUnsafeNetworks`.
 *
 * Errors: those of `readXml`, `xml-unexpected`, `devices-unsafe`.
 */
export function readPlatformDevices(text: string, where: string): readonly XmlElement[] {
  const root = readXml(text, where);
  if (root.name !== "devices") {
    throw new EvenkeelError("xml-unexpected", `its root is ${root.name}`, {
      where,
      expected: "devices as in libvirt's domain XML: <devices><disk …/>…</devices>",
    });
  }
  const devices = childElements(root);
  for (const device of devices) {
    const found = own(deviceShapes, device.name);
    if (found === undefined) {
      throw unsafe(`it has the element ${device.name}`, where, oneOf(Object.keys(deviceShapes)));
    }
    check(device, found, device.name, where);
  }
  return devices;
}

/** @param place the names of the elements down to this one. */
function check(
  of: XmlElement,
  { attributes, ...shape }: Shape,
  place: string,
  where: string,
): void {
  for (const [name, value] of of.attributes) {
    const values = own(attributes, name);
    if (values === undefined) {
      throw unsafe(`${place} has the attribute ${name}`, where, oneOf(Object.keys(attributes)));
    }
    if (!isAmong(value, values)) {
      throw unsafe(`the ${name} of ${place} is ${value}`, where, valuesText(values));
    }
  }
  const text = textOf(of);
  if (shape.text !== undefined && !isAmong(text, shape.text)) {
    throw unsafe(`the text of ${place} is ${text}`, where, valuesText(shape.text));
  }
  const children = { ...shape.children, ...childrenByType(of, shape.types, place, where) };
  for (const inner of childElements(of)) {
    const found = own(children, inner.name);
    if (found === undefined) {
      throw unsafe(`${place} has the element ${inner.name}`, where, oneOf(Object.keys(children)));
    }
    check(inner, found, `${place}/${inner.name}`, where);
  }
}

/** The children that an element of this type may have. */
function childrenByType(
  of: XmlElement,
  types: Shape["types"],
  place: string,
  where: string,
): Shape["children"] {
  if (types === undefined) return {};
  const children = own(types, attribute(of, "type") ?? "");
  if (children !== undefined) return children;
  throw unsafe(`${place} has no type`, where, `a type: ${oneOf(Object.keys(types))}`);
}

/** A field of the object itself: an element may be called `constructor`. */
function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

type Values = Shape["attributes"][string];

function isAmong(value: string, values: Values): boolean {
  return (
    values === null || (values instanceof RegExp ? values.test(value) : values.includes(value))
  );
}

function valuesText(values: Values): string {
  return values instanceof RegExp ? `a value of the form ${values.source}` : oneOf(values ?? []);
}

function oneOf(names: readonly string[]): string {
  return names.length === 0
    ? "nothing"
    : names
        .toSorted()
        .map((name) => name || "none")
        .join(", ");
}

export function unsafe(message: string, where: string, expected: string): EvenkeelError {
  return new EvenkeelError("devices-unsafe", message, {
    where,
    expected,
    remedy: "ask for passed-through devices in the VirtualMachine: the plan decides their place",
  });
}
