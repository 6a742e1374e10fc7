import { formatBytes } from "../../unit/bytes.ts";
import type { Accelerator, Nic, Topology } from "../topology.ts";
import {
  changeText,
  type DifferenceValue,
  type NameOf,
  paired,
  type TopologyDifference,
} from "./difference.ts";
import { areOtherUnits } from "./names.ts";
import { isAnother } from "./models.ts";
import { profilesText } from "../virtual-functions.ts";
import { portsText } from "../nic-ports.ts";

/**
 * The changes of accelerators and NICs: their fields, and which functions count as one. Functions
 * that came or went are reported elsewhere.
 */
export function roleDifferences(
  a: Topology,
  b: Topology,
  { name, ownNames }: Names,
): TopologyDifference[] {
  const before = new Map(a.pci.map((device) => [device.address, device]));
  const replaced = new Map(
    b.pci.flatMap((device) => {
      const old = before.get(device.address);
      return old === undefined ? [] : [[device.address, isAnother(old, device)] as const];
    }),
  );
  const stays = ({ address }: { readonly address: string }): boolean => replaced.has(address);
  const units = areOtherUnits(a, b);
  const told = (device: { readonly address: string }, what: Decided): boolean =>
    (what === "model" && replaced.get(device.address) === true) ||
    (what === "address" && ownNames.has(device.address)) ||
    (what === "unit" && units);
  const parts = new Set(
    [...a.pci, ...b.pci].flatMap(({ address, physicalFunction }) =>
      physicalFunction === null ? [] : [address],
    ),
  );
  const isPart = ({ address }: { readonly address: string }): boolean => parts.has(address);
  return [
    ...changed(a.accelerators.filter(stays), b.accelerators.filter(stays), acceleratorRole, {
      name,
      isPart,
      told,
    }),
    ...changed(a.nics.filter(stays), b.nics.filter(stays), nicRole, { name, isPart, told }),
  ];
}

interface Names {
  readonly name: NameOf;
  readonly ownNames: ReadonlyMap<string, string>;
}

/** What decides a field beside the device's place, so that a change may follow from another. */
type Decided = "model" | "address" | "unit";

interface Role<T> {
  readonly list: string;
  readonly what: string;
  readonly fields: readonly {
    readonly path: string;
    readonly what: string;
    readonly value: (device: T) => DifferenceValue;
    /**
     * Whether the digest covers the field, which it does not if the field changes while a machine
     * runs.
     */
    readonly lasting?: "always" | "never" | "of physical ones";
    readonly by?: Decided;
    readonly show?: (value: string | number | boolean) => string;
  }[];
}

const acceleratorRole: Role<Accelerator> = {
  list: "accelerators",
  what: "an accelerator",
  fields: [
    { path: "model", what: "model", by: "model", value: ({ model }) => model },
    {
      path: "productName",
      what: "product name",
      lasting: "never",
      by: "model",
      value: ({ productName }) => productName,
    },
    {
      path: "index",
      what: "number",
      lasting: "never",
      by: "address",
      value: ({ index }) => index,
    },
    { path: "uuid", what: "UUID", by: "unit", value: ({ uuid }) => uuid },
    { path: "moduleId", what: "module number", value: ({ moduleId }) => moduleId },
    {
      path: "memoryBytes",
      what: "memory",
      // The memory of a virtual function depends on its vGPU type.
      lasting: "of physical ones",
      by: "model",
      value: ({ memoryBytes }) => memoryBytes,
      show: (bytes) => formatBytes(Number(bytes)),
    },
    { path: "c2c", what: "NVLink-C2C", value: ({ c2c }) => c2c },
    {
      path: "profile",
      what: "vGPU type",
      lasting: "never",
      value: ({ profile }) => profile ?? "none",
    },
    {
      path: "migEnabled",
      what: "MIG mode",
      lasting: "never",
      value: ({ migEnabled }) => migEnabled,
    },
    {
      path: "instances",
      what: "instances",
      lasting: "never",
      value: ({ instances }) =>
        instances.length === 0 ? "none" : profilesText(instances, "of unknown profile"),
    },
  ],
};

const nicRole: Role<Nic> = {
  list: "nics",
  what: "a NIC",
  fields: [
    { path: "name", what: "name", by: "address", value: (nic) => nic.name },
    { path: "rdma", what: "RDMA support", value: ({ rdma }) => rdma },
    {
      path: "ports",
      what: "ports",
      lasting: "never",
      value: ({ ports }) => (ports === null ? null : portsText(ports)),
    },
  ],
};

function changed<T extends { readonly address: string }>(
  before: readonly T[],
  after: readonly T[],
  { list, what, fields }: Role<T>,
  {
    name,
    isPart,
    told,
  }: {
    readonly name: NameOf;
    readonly isPart: (device: T) => boolean;
    readonly told: (device: T, what: Decided) => boolean;
  },
): TopologyDifference[] {
  return paired(before, after, ({ address }) => address).flatMap((pair): TopologyDifference[] => {
    const device = pair.before ?? pair.after;
    if (device === null) return [];
    const own = { group: "devices", subject: name(device), lasting: true } as const;
    const path = `${list}[${device.address}]`;
    const [old, current] = [pair.before, pair.after];
    if (old === null || current === null) {
      const verb = current === null ? "no longer counts" : "now counts";
      const message = `${name(device)} ${verb} as ${what}`;
      return [{ ...own, path, before: old !== null, after: current !== null, message }];
    }
    return fields.flatMap((field): TopologyDifference[] => {
      const [was, is] = [field.value(old), field.value(current)];
      if (was === is) return [];
      if (field.by !== undefined && told(old, field.by)) return [];
      const message = changeText(`the ${field.what} of ${name(device)}`, was, is, field.show);
      const { lasting: when = "always" } = field;
      const lasting = when === "always" || (when === "of physical ones" && !isPart(device));
      return [{ ...own, lasting, path: `${path}.${field.path}`, before: was, after: is, message }];
    });
  });
}
