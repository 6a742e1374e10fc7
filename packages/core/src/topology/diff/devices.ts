import { formatQuantity } from "../../unit/bytes.ts";
import { pcieRateText } from "../pcie-rate.ts";
import type { PciDevice, Topology } from "../topology.ts";
import {
  changeText,
  type DifferenceValue,
  type NameOf,
  paired,
  type TopologyDifference,
} from "./difference.ts";
import { iommuDifferences } from "./iommu-groups.ts";
import { roleDifferences } from "./roles.ts";

/** The changes of PCI functions, and of the accelerators and NICs among them. */
export function deviceDifferences(a: Topology, b: Topology): TopologyDifference[] {
  const name = namesOf(a, b);
  const devices = paired(a.pci, b.pci, ({ address }) => address);
  return [
    ...devices.flatMap(({ before, after }) => {
      if (before !== null && after !== null) return functionChanges(before, after, name);
      const device = before ?? after;
      return device === null ? [] : [cameOrWent(device, after !== null, name, a, b)];
    }),
    ...iommuDifferences(a, b, name),
    ...roleDifferences(a, b, name),
  ];
}

/** A function's name for people, such as `GPU 0000:1b:00.0`, from what either machine knows. */
function namesOf(a: Topology, b: Topology): NameOf {
  const roles = new Map<string, string>();
  for (const { pci, accelerators, nics } of [b, a]) {
    for (const device of pci) {
      roles.set(device.address, device.class.startsWith("0604") ? "bridge" : "device");
    }
    for (const { address } of nics) roles.set(address, "NIC");
    for (const { address } of accelerators) roles.set(address, "GPU");
    for (const { address, physicalFunction } of pci) {
      if (physicalFunction !== null) roles.set(address, "VF");
    }
  }
  return ({ address }) => `${roles.get(address) ?? "device"} ${address}`;
}

function cameOrWent(
  device: PciDevice,
  came: boolean,
  name: NameOf,
  a: Topology,
  b: Topology,
): TopologyDifference {
  const known = [...a.accelerators, ...b.accelerators];
  const model = known.find(({ address }) => address === device.address)?.model ?? null;
  const value = model ?? `${device.vendor}:${device.device}`;
  return {
    group: "devices",
    subject: name(device),
    path: `pci[${device.address}]`,
    before: came ? null : value,
    after: came ? value : null,
    lasting: true,
    message: `${name(device)} ${came ? "appeared" : "vanished"} (${value})`,
  };
}

/** A field of a function: its name, and the value that is compared and shown. */
interface Field {
  readonly path: string;
  readonly what: string;
  readonly lasting: boolean;
  readonly value: (device: PciDevice) => DifferenceValue;
}

const barsText = (bars: readonly number[] | null): string | null =>
  bars === null ? null : bars.length === 0 ? "none" : bars.map(formatQuantity).join(",");

const fields: readonly Field[] = [
  {
    path: "id",
    what: "identity",
    lasting: true,
    value: ({ vendor, device }) => `${vendor}:${device}`,
  },
  { path: "class", what: "class", lasting: true, value: (device) => device.class },
  { path: "parent", what: "bridge above", lasting: true, value: ({ parent }) => parent ?? "none" },
  { path: "root", what: "host bridge", lasting: true, value: ({ root }) => root },
  { path: "node", what: "node", lasting: true, value: ({ node }) => node },
  { path: "barBytes", what: "BARs", lasting: true, value: ({ barBytes }) => barsText(barBytes) },
  {
    path: "physicalFunction",
    what: "physical function",
    lasting: true,
    value: ({ physicalFunction }) => physicalFunction ?? "none",
  },
  {
    path: "acsRedirect",
    what: "redirection of peers by ACS",
    lasting: false,
    value: ({ acsRedirect }) => acsRedirect,
  },
  { path: "atsEnabled", what: "use of ATS", lasting: false, value: ({ atsEnabled }) => atsEnabled },
  {
    path: "interrupts",
    what: "interrupts",
    lasting: false,
    // The CPU that an interrupt goes to now changes every few seconds under an IRQ balancer.
    value: ({ interrupts }) => interrupts?.allowedCpus ?? null,
  },
  { path: "driver", what: "driver", lasting: false, value: ({ driver }) => driver ?? "none" },
  {
    path: "link.max",
    what: "best possible link",
    lasting: true,
    value: ({ link }) => (link === null ? null : pcieRateText(link.maxSpeedGTs, link.maxWidth)),
  },
  {
    path: "link",
    what: "link",
    lasting: false,
    value: ({ link }) => (link === null ? null : pcieRateText(link.speedGTs, link.width)),
  },
];

function functionChanges(before: PciDevice, after: PciDevice, name: NameOf): TopologyDifference[] {
  const found = fields.flatMap((field): TopologyDifference[] => {
    const [old, current] = [field.value(before), field.value(after)];
    if (old === current) return [];
    return [
      {
        group: "devices",
        subject: name(before),
        path: `pci[${before.address}].${field.path}`,
        before: old,
        after: current,
        lasting: field.lasting,
        message: fieldMessage(name(before), field, old, current),
      },
    ];
  });
  // A link that became known or unknown is one change, not two with its maximum.
  const whole = (before.link === null) !== (after.link === null);
  return whole ? found.filter(({ path }) => !path.endsWith(".link")) : found;
}

function fieldMessage(
  subject: string,
  { path, what }: Field,
  before: DifferenceValue,
  after: DifferenceValue,
): string {
  if (path === "link" && before !== null && after !== null) {
    return `${subject} link ${before} → ${after}`;
  }
  if (path === "interrupts") {
    return changeText(
      `the list of CPUs that the interrupts of ${subject} may go to`,
      before,
      after,
    );
  }
  if (path === "node" && before !== null && after !== null) {
    return `${subject} moved from node ${before} to node ${after}`;
  }
  return changeText(`the ${what} of ${subject}`, before, after);
}
