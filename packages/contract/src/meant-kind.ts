import type { DocumentKind } from "./document.ts";

/** The kinds that people write, in lower case, and what other tools call the like. */
const otherKinds: ReadonlyMap<string, DocumentKind> = new Map([
  ...all(
    "VirtualMachine",
    "virtualmachine vm domain instance guest server virtualmachineinstance vmi request",
  ),
  ...all("Flavor", "flavor flavour instancetype virtualmachineinstancetype size type product"),
  ...all("HostPolicy", "hostpolicy policy hostconfig config nodepolicy"),
  ...all("Topology", "topology host node machine hardware numatopology"),
  ...all("Fleet", "fleet hosts inventory cluster hostlist nodes machines pool"),
  ...all("Plan", "plan placement allocation decision"),
]);

/** The kind that another name means; null where none does. */
export function meantKind(name: string): DocumentKind | null {
  return otherKinds.get(name.toLowerCase()) ?? null;
}

/** Fields that only one kind has among those that people write. */
const ownFields: readonly (readonly [string, DocumentKind])[] = [
  ["cells", "Plan"],
  ["nodes", "Topology"],
  ["hosts", "Fleet"],
  ["defaults", "Fleet"],
  ["reserved", "HostPolicy"],
  ["exclude", "HostPolicy"],
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
