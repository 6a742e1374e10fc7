import { availableParallelism } from "node:os";
import { type Guest } from "@evenkeel/core/guest/guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { render, type RenderOptions } from "@evenkeel/core/render/render.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import {
  attribute,
  child,
  childElements,
  childrenNamed,
  element,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import { readXml } from "@evenkeel/host/xml/read-xml.ts";

/** A device of QEMU's, with its properties, that takes the place of one that is not here. */
export type StandIn = (hostAddress: string) => {
  readonly driver: string;
  readonly [property: string]: string | number;
};

/**
 * A plan's guest as this machine can run it: on the CPUs and the one node that it has, in software,
 * with a stand-in behind each port for the device that would be passed through. Everything that
 * the guest sees otherwise is the plan's.
 */
export function runnable(plan: Plan, options: RenderOptions, standIn: StandIn): [Guest, string] {
  const cpus = `0-${availableParallelism() - 1}`;
  const here: Plan = {
    ...plan,
    isolation: "shared",
    emulatorCpus: cpus,
    iothreads: plan.iothreads.map((iothread) => ({ ...iothread, cpus })),
    cells: plan.cells.map((cell) => ({
      ...cell,
      hostNode: 0,
      memoryNodes: "0",
      memoryOnNodes: [{ node: 0, bytes: cell.memoryBytes }],
      vcpus: cell.vcpus.map(({ id }) => ({ id, cpus })),
    })),
  };
  const xml = render(here, "libvirt", { ...options, emulated: true });
  return [guestFromPlan(here, options), writeXml(withStandIns(readXml(xml, "rendered"), standIn))];
}

function withStandIns(domain: XmlElement, standIn: StandIn): XmlElement {
  const devices = child(domain, "devices");
  const passed = devices === null ? [] : childrenNamed(devices, "hostdev");
  const namespace = ["xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0"] as const;
  const given = child(domain, "qemu:commandline");
  // As JSON, since QEMU makes devices of the older form before libvirt's, and so before their
  // ports.
  const args = passed.flatMap((hostdev) => [
    "-device",
    JSON.stringify({ ...standIn(source(hostdev)), ...at(hostdev) }),
  ]);
  const commandLine = element("qemu:commandline", {}, [
    ...(given === null ? [] : childElements(given)),
    ...args.map((value) => element("qemu:arg", { value })),
  ]);
  const kept = childElements(domain).filter((part) => part !== given && part !== devices);
  const others = devices === null ? [] : childElements(devices);
  const withoutPassed = others.filter((device) => !passed.includes(device));
  return {
    ...domain,
    attributes: new Map([...domain.attributes, namespace]),
    children: [...kept, element("devices", {}, withoutPassed), commandLine],
  };
}

function source(hostdev: XmlElement): string {
  const from = child(hostdev, "source");
  const address = from && child(from, "address");
  const part = (name: string): string =>
    (address === null ? "" : (attribute(address, name) ?? "")).slice(2);
  return `${part("domain")}:${part("bus")}:${part("slot")}.${part("function")}`;
}

/** Where the rendering puts it, in QEMU's words: libvirt calls the bus of controller 3 `pci.3`. */
function at(hostdev: XmlElement): Readonly<Record<string, string | boolean>> {
  const address = child(hostdev, "address");
  const of = (name: string): string => (address && attribute(address, name)) ?? "";
  return {
    bus: `pci.${Number(of("bus"))}`,
    addr: `${Number(of("slot"))}.${Number(of("function"))}`,
    multifunction: of("multifunction") === "on",
  };
}
