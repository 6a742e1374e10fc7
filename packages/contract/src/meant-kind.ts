import type { DocumentKind } from "./document.ts";

/** Names of kinds that people use, in lower case, and the kinds that they mean. */
const otherKinds: ReadonlyMap<string, DocumentKind> = new Map([
  ...all("VirtualMachine", "vm domain instance guest server virtualmachineinstance vmi request"),
  ...all("Flavor", "flavour instancetype virtualmachineinstancetype size type product"),
  ...all("HostPolicy", "policy hostconfig config nodepolicy"),
  ...all("Fleet", "hosts inventory cluster machines"),
  ...all("Topology", "host node machine hardware numatopology"),
  ...all("Plan", "placement allocation decision"),
]);

/** The kind that another name means; null where none does. */
export function meantKind(name: string): DocumentKind | null {
  return otherKinds.get(name.toLowerCase()) ?? null;
}

/** Fields that only one kind has among those that people write. */
const ownFields: readonly (readonly [string, DocumentKind])[] = [
  ["cells", "Plan"],
  ["nodes", "Topology"],
  ["reserved", "HostPolicy"],
  ["exclude", "HostPolicy"],
  ["hosts", "Fleet"],
  ["signature", "Flavor"],
  ["spec", "VirtualMachine"],
];

/** The kind that a document without one probably is, by its fields; null where they do not tell. */
export function kindOfFields(fields: readonly string[]): DocumentKind | null {
  return ownFields.find(([field]) => fields.includes(field))?.[1] ?? null;
}

function all(kind: DocumentKind, names: string): readonly (readonly [string, DocumentKind])[] {
  return names.split(" ").map((name) => [name, kind]);
}
