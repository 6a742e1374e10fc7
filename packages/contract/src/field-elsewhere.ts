import { indexListMeant } from "./meant-list.ts";

/**
 * Fields that people know from other tools and that no document of Evenkeel's has, with what stands
 * for them here. Only shown, as `try`.
 */

interface Said {
  readonly text: string;
  /** Whether it is better than a field of a similar name. */
  readonly isCertain: boolean;
}

const ofVm: readonly (readonly [names: string, text: string])[] = [
  [
    "disks disk image images volumes volume storage rootdisk bootdisk iso cdrom cloudinit userdata " +
      "networkinterfaces bridge console graphics display video firmware bios uefi boot os kernel " +
      "guestos filesystem devicesxml",
    "remove it: disks, networks and firmware are given to evenkeel run (evenkeel run --help)",
  ],
  [
    "node nodes numanode numanodes numacells numacell numanodecount cells cell sockets socket dies " +
      "cpuset cpulist pcpus pins pin affinity nodeset nodeselector host cputopology cpumodel",
    "remove it: evenkeel place decides where a VM lies; locality and isolation say what it needs",
  ],
  [
    "address addresses pci bdf bdfs pciaddress uuid uuids serial deviceid slot",
    "remove it: evenkeel place chooses devices; exclude in a HostPolicy keeps one from all VMs",
  ],
];

const ofAll: readonly (readonly [names: string, text: string])[] = [
  [
    "labels annotations description comment comments note notes id uid creationtimestamp status",
    "remove it, or write it as a comment, behind #",
  ],
];

/** Kinds whose fields are not below a `spec`. */
const flatKinds: ReadonlySet<string> = new Set(["HostPolicy", "Fleet", "Topology"]);

/**
 * What to do about a field that no document has; null where nothing is known.
 *
 * @param value what the field has.
 * @param siblings the object that has it.
 */
export function fieldElsewhere(
  key: string,
  value: unknown,
  kind: string,
  siblings: unknown,
): Said | null {
  if (key === "<<") return certain("YAML 1.2 merges nothing: write the fields out");
  const list = splitList(key, value, siblings);
  if (list !== null) return certain(list);
  if (key === "spec" && flatKinds.has(kind)) {
    return certain(`leave out spec: the fields of a ${kind} stand beside its kind`);
  }
  const plain = key.toLowerCase().replaceAll(/[-_]/g, "");
  const has = ([names]: readonly [string, string]): boolean => names.split(" ").includes(plain);
  const isVm = kind === "VirtualMachine" || kind === "Flavor";
  if (isVm && plain === "numa" && /^\d/.test(String(value))) return certain(ofVm[1]?.[1] ?? "");
  const text = (isVm ? ofVm.find(has) : undefined)?.[1] ?? ofAll.find(has)?.[1];
  return text === undefined ? null : { text, isCertain: false };
}

const certain = (text: string): Said => ({ text, isCertain: true });

/** `{ cpus: 0-7,16 }`: between braces a comma ends the value, and `16` is a key without one. */
function splitList(key: string, value: unknown, siblings: unknown): string | null {
  if (value !== null || !/^\d+(?:-\d+)?$/.test(key)) return null;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(Object(siblings));
  const begun = entries.find(([, one]) => /^\d+(?:-\d+)?$/.test(String(one)));
  if (begun === undefined) return null;
  const rest = entries.filter(([name, one]) => one === null && /^\d+(?:-\d+)?$/.test(name));
  const written = indexListMeant([begun[1], ...rest.map(([name]) => name)]);
  return written?.replace("write ", `between braces a list needs quotes: ${begun[0]}: `) ?? null;
}
