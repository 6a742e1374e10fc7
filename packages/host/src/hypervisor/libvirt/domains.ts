import type { DomainFacts } from "@evenkeel/core/preflight/facts.ts";
import { pciAddressOf } from "../../libvirt/pci-address.ts";
import { attribute, child, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../../xml/read-xml.ts";
import { virshAt } from "./virsh.ts";

/** A domain, and its live definition where it runs and libvirt shows it. */
export interface Domain extends DomainFacts {
  readonly definition: XmlElement | null;
}

/**
 * All domains of a libvirt, with the PCI functions passed to them; null where it does not answer.
 *
 * @param known UUIDs of the VMs that Evenkeel started or adopted.
 */
export async function readDomains(
  uri: string,
  known: ReadonlySet<string>,
): Promise<readonly Domain[] | null> {
  const virsh = virshAt(uri);
  const listed = await virsh.tried(["list", "--all", "--uuid", "--name"]);
  const running = await virsh.tried(["list", "--uuid"]);
  if (listed.status !== 0 || running.status !== 0) return null;
  const active = new Set(running.stdout.split(/\s+/));
  const domains: Domain[] = [];
  for (const line of listed.stdout.split("\n")) {
    const [, uuid, name] = /^([0-9a-f-]{36})\s+(.+?)\s*$/.exec(line) ?? [];
    if (uuid === undefined || name === undefined) continue;
    const dump = await virsh.tried(["dumpxml", "--domain", uuid]);
    const xml = dump.status === 0 ? readXml(dump.stdout, name) : null;
    const devices = xml === null ? [] : passedFunctions(xml);
    const running = active.has(uuid);
    const definition = running ? xml : null;
    domains.push({ name, uuid, running, known: known.has(uuid), devices, definition });
  }
  return domains;
}

/** The functions of the host that a domain has: `hostdev` elements and interfaces of that type. */
function passedFunctions(domain: XmlElement): readonly string[] {
  const devices = child(domain, "devices");
  if (devices === null) return [];
  const passed = [
    ...childrenNamed(devices, "hostdev"),
    ...childrenNamed(devices, "interface").filter((one) => attribute(one, "type") === "hostdev"),
  ];
  return passed.flatMap((one) => {
    const address = child(child(one, "source") ?? one, "address");
    return (address === null ? null : pciAddressOf(address)) ?? [];
  });
}
