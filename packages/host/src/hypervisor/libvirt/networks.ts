import { attribute, child, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../../xml/read-xml.ts";
import type { Patience } from "../patience.ts";
import { unsafe } from "./platform-devices.ts";
import { virshAt } from "./virsh.ts";

/** Ways of forwarding through a bridge that the host keeps: libvirt.org/formatnetwork.html */
const forwarding: readonly string[] = ["nat", "route", "open"];

/**
 * Asks libvirt what the networks of interfaces stand for. A network may hand out functions of the
 * host (`hostdev`), or its interfaces whole (macvtap), which would go past the plan.
 *
 * Errors: `devices-unsafe`, `hypervisor-failed`.
 */
export async function refuseUnsafeNetworks(
  uri: string,
  devices: readonly XmlElement[],
  patience: Patience,
): Promise<void> {
  const sources = devices
    .filter((one) => one.name === "interface" && attribute(one, "type") === "network")
    .map((one) => child(one, "source"));
  const names = new Set(
    sources.flatMap((source) => (source && attribute(source, "network")) ?? []),
  );
  for (const name of names) {
    const xml = await virshAt(uri, patience).ok(["net-dumpxml", "--network", name]);
    refuseUnsafeNetwork(xml, name);
  }
}

/**
 * Refuses a network, by its XML, that could stand for a device of the host.
 *
 * Errors: those of `readXml`, and `devices-unsafe`.
 */
export function refuseUnsafeNetwork(xml: string, name: string): void {
  const network = readXml(xml, name);
  const forward = child(network, "forward");
  const mode = forward === null ? null : (attribute(forward, "mode") ?? "nat");
  // In mode `bridge` it is a bridge of the host, or a list of interfaces for macvtap.
  const isBridge = mode === "bridge" && child(network, "bridge") !== null;
  if (mode === null || isBridge || forwarding.includes(mode)) return;
  throw unsafe(
    `the network forwards by ${mode === "bridge" ? "macvtap" : mode}`,
    name,
    `a network that is isolated, has a bridge, or forwards by ${forwarding.join(", ")}`,
  );
}
