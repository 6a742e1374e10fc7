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
import { idOf, isAnother, type Models, modelsOf } from "./models.ts";
import { type Both, placeDifference } from "./place.ts";
import { roleDifferences } from "./roles.ts";

/**
 * The changes of PCI functions, and of the accelerators and NICs among them.
 *
 * @param b under the names of `a`, and `ownNames` what is called otherwise in `b` itself.
 */
export function deviceDifferences(
  a: Topology,
  b: Topology,
  ownNames: ReadonlyMap<string, string>,
): TopologyDifference[] {
  const name = namesOf(a, b, ownNames);
  const devices = paired(a.pci, b.pci, ({ address }) => address);
  const both = new Map(
    devices.flatMap(({ before, after }) =>
      before === null || after === null ? [] : [[before.address, { before, after }] as const],
    ),
  );
  const models = modelsOf(a, b);
  const changes = (one: Both): TopologyDifference[] => [
    ...functionChanges(one, models, name),
    ...placeDifference(one, both, name),
  ];
  const gone = devices.flatMap(({ before, after }) =>
    after === null && before !== null ? before : [],
  );
  const come = devices.flatMap(({ before, after }) =>
    before === null && after !== null ? after : [],
  );
  const all = [
    ...cameOrWent(gone, "vanished", models.before, name),
    ...[...both.values()].flatMap(changes),
    ...cameOrWent(come, "appeared", models.after, name),
    ...iommuDifferences(a, b, name),
    ...roleDifferences(a, b, { name, ownNames }),
  ];
  const [bridges, others] = [true, false].map((wanted) =>
    all.filter(({ subject }) => subject.startsWith("bridge ") === wanted),
  );
  return [
    ...(others ?? []),
    ...(bridges ?? []).map((one) => ({ ...one, group: "bridges" as const })),
  ];
}

/** A function's name for people, such as `GPU 0000:1b:00.0`, from what either machine knows. */
function namesOf(a: Topology, b: Topology, ownNames: ReadonlyMap<string, string>): NameOf {
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
  return ({ address }) => {
    const own = ownNames.get(address);
    const there = own === undefined ? "" : ` (${own} there)`;
    return `${roles.get(address) ?? "device"} ${address}${there}`;
  };
}

/** Functions that came or went. Those of one device that are for nothing by themselves go along. */
function cameOrWent(
  devices: readonly PciDevice[],
  verb: "appeared" | "vanished",
  model: (device: PciDevice) => string,
  name: NameOf,
): TopologyDifference[] {
  const slotOf = ({ address }: PciDevice): string => address.slice(0, address.lastIndexOf("."));
  const isMinor = (device: PciDevice): boolean =>
    name(device).startsWith("device ") && !device.address.endsWith(".0");
  const first = new Map(devices.flatMap((one) => (isMinor(one) ? [] : [[slotOf(one), one]])));
  const rest = Map.groupBy(devices, (one) => (isMinor(one) ? first.get(slotOf(one)) : undefined));
  return (rest.get(undefined) ?? []).map((device) => {
    const along = (rest.get(device) ?? []).map((one) => `${one.address} (${model(one)})`);
    const value = [model(device), ...along].join(", with ");
    const what = `${model(device)})${along.map((one) => `, with ${one}`).join("")}`;
    return {
      group: "devices",
      subject: name(device),
      path: `pci[${device.address}]`,
      before: verb === "appeared" ? null : value,
      after: verb === "appeared" ? value : null,
      lasting: true,
      message: `${name(device)} ${verb} (${what}`,
    };
  });
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
  { path: "id", what: "identity", lasting: true, value: idOf },
  { path: "class", what: "class", lasting: true, value: (device) => device.class },
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

function functionChanges({ before, after }: Both, models: Models, name: NameOf) {
  const subject = name(before);
  const found = fields.flatMap((field): TopologyDifference[] => {
    const [old, current] = [field.value(before), field.value(after)];
    if (old === current) return [];
    return [
      {
        group: "devices",
        subject,
        path: `pci[${before.address}].${field.path}`,
        before: old,
        after: current,
        lasting: field.lasting,
        message: fieldMessage(subject, field, old, current),
      },
    ];
  });
  if (isAnother(before, after)) {
    const [was, is] = [models.before(before), models.after(after)];
    const what = was === is ? `${idOf(after)}, it was ${idOf(before)}` : `${is}, it was ${was}`;
    const message = `${subject} is another model: ${what}`;
    return found.flatMap((one) =>
      one.path.endsWith(".id") ? { ...one, message } : isOfModel(one) ? [] : one,
    );
  }
  return onceForLinks(found, before, after, subject);
}

function isOfModel({ path }: TopologyDifference): boolean {
  return path.endsWith(".class") || path.endsWith(".barBytes");
}

/** A link that became known, unknown, or slower in every respect, is one change with its best. */
function onceForLinks(
  found: readonly TopologyDifference[],
  { link: old }: PciDevice,
  { link: current }: PciDevice,
  subject: string,
): TopologyDifference[] {
  const now = found.find(({ path }) => path.endsWith(".link"));
  const best = found.find(({ path }) => path.endsWith(".link.max"));
  const both = now !== undefined && best !== undefined;
  const isOne = (old === null) !== (current === null);
  const isAlike = both && now.before === best.before && now.after === best.after;
  if (!isOne && !isAlike) return [...found];
  return found.flatMap((one) => {
    if (one === now) return [];
    if (isOne || one !== best) return one;
    return { ...one, message: `${subject} link ${one.before} → ${one.after}, at best too` };
  });
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
  return changeText(`the ${what} of ${subject}`, before, after);
}
