import type { DomainFacts } from "@evenkeel/core/preflight/facts.ts";
import { pciAddressOf } from "../../libvirt/pci-address.ts";
import { attribute, child, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../../xml/read-xml.ts";
import { virshAt } from "./virsh.ts";

/**
 * All domains of a libvirt, with the PCI functions passed to them; null where it does not answer.
 *
 * @param known UUIDs of the VMs that Evenkeel started or adopted.
 */
export async function readDomains(
  uri: string,
  known: ReadonlySet<string>,
): Promise<readonly DomainFacts[] | null> {
  const virsh = virshAt(uri);
  const listed = await virsh.tried(["list", "--all", "--uuid", "--name"]);
  const running = await virsh.tried(["list", "--uuid"]);
  if (listed.status !== 0 || running.status !== 0) return null;
  const active = new Set(running.stdout.split(/\s+/));
  const domains: DomainFacts[] = [];
  for (const { uuid, name } of listedDomains(listed.stdout)) {
    const dump = await virsh.tried(["dumpxml", "--domain", uuid]);
    const devices = dump.status === 0 ? passedFunctions(readXml(dump.stdout, name)) : [];
    domains.push({ name, uuid, running: active.has(uuid), known: known.has(uuid), devices });
  }
  return domains;
}

/** The domains in the output of `virsh list --uuid --name`. A name may contain blanks. */
export function listedDomains(
  text: string,
): readonly { readonly uuid: string; readonly name: string }[] {
  return text.split("\n").flatMap((line) => {
    const [, uuid, name] = /^([0-9a-f-]{36})\s+(.+)$/.exec(line.trim()) ?? [];
    return uuid === undefined || name === undefined ? [] : [{ uuid, name }];
  });
}

/** The functions of the host that a domain has: `hostdev` elements and interfaces of that type. */
export function passedFunctions(domain: XmlElement): readonly string[] {
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
