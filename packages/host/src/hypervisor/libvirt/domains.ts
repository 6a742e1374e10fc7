import type { DomainFacts } from "@evenkeel/core/preflight/facts.ts";
import { pciAddressOf } from "../../libvirt/pci-address.ts";
import { attribute, child, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../../xml/read-xml.ts";
import { endless, type Patience } from "../patience.ts";
import { virshAt } from "./virsh.ts";

/** A domain of a libvirt. */
export type ListedDomain = Omit<DomainFacts, "devices">;

/** A domain with its devices, and its live definition where it runs and libvirt shows it. */
export interface Domain extends DomainFacts {
  readonly definition: XmlElement | null;
}

/**
 * All domains of a libvirt; null where it does not answer.
 *
 * @param known UUIDs of the VMs that Evenkeel started or adopted.
 */
export async function listDomains(
  uri: string,
  known: ReadonlySet<string>,
  patience: Patience = endless,
): Promise<readonly ListedDomain[] | null> {
  const virsh = virshAt(uri, patience);
  const listed = await virsh.tried(["list", "--all", "--uuid", "--name"]);
  // One that hangs is not waited for twice.
  if (listed.status !== 0) return null;
  const running = await virsh.tried(["list", "--uuid"]);
  if (running.status !== 0) return null;
  const active = new Set(running.stdout.split(/\s+/));
  return listedDomains(listed.stdout).map(({ uuid, name }) => ({
    name,
    uuid,
    running: active.has(uuid),
    known: known.has(uuid),
  }));
}

/** The same with the PCI functions that are passed to each domain. */
export async function readDomains(
  uri: string,
  known: ReadonlySet<string>,
  patience: Patience = endless,
): Promise<readonly Domain[] | null> {
  const listed = await listDomains(uri, known, patience);
  return listed === null ? null : describeDomains(uri, listed, patience);
}

/** Asks for the definitions of these domains; null where libvirt does not answer. */
export async function describeDomains(
  uri: string,
  listed: readonly ListedDomain[],
  patience: Patience = endless,
): Promise<readonly Domain[] | null> {
  const domains: Domain[] = [];
  for (const domain of listed) {
    const dump = await virshAt(uri, patience).tried(["dumpxml", "--domain", domain.uuid]);
    // Without an answer its devices are unknown, not none. One that is gone meanwhile has none.
    if (dump.status === null) return null;
    const xml = dump.status === 0 ? readXml(dump.stdout, domain.name) : null;
    const devices = xml === null ? [] : passedFunctions(xml);
    domains.push({ ...domain, devices, definition: domain.running ? xml : null });
  }
  return domains;
}

/**
 * Those of the domains that run on this machine: none of a libvirt elsewhere, nor of its test
 * driver, which runs nothing.
 */
export function onThisMachine(uri: string, domains: readonly Domain[] | null): readonly Domain[] {
  return /^qemu(?:\+unix)?:\/\/\//.test(uri) ? (domains ?? []) : [];
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
