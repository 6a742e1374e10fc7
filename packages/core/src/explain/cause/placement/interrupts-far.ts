import type { DeviceEvidence, InterruptEvidence } from "../../../evidence/evidence.ts";
import type { PciDevice, Topology } from "../../../topology/topology.ts";
import { advice, type Remedy } from "../../../remedy/remedy.ts";
import { routeInterrupts } from "../../../verify/finding/route-interrupts.ts";
import { type IndexSet, isDisjoint, isEmpty, unionAll } from "../../../set/index-set.ts";
import { formatList, setOf } from "../../../set/list-format.ts";
import { amountOf } from "../../../text/amount.ts";
import { sumOf } from "../../../unit/sum.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import { listed } from "../../subject/home.ts";
import type { Subject } from "../../subject/subject.ts";
import { cpusOfNodes } from "../../subject/whereabouts.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/** The interrupts of one device, and the CPUs of its node. */
interface Routed {
  readonly address: string;
  readonly node: number;
  readonly near: IndexSet;
  readonly interrupts: readonly Delivered[];
}

interface Delivered {
  readonly cpus: IndexSet;
  /** Null where all interrupts of a device are told as one. */
  readonly one: InterruptEvidence | null;
}

/**
 * A device's interrupts on another node: each wakes a thread or a vCPU from across the sockets.
 * irqbalance did this to NICs for years (github.com/Irqbalance/irqbalance/issues/169, 175).
 *
 * A driver of the host's spreads a NIC's or a drive's queues over all CPUs on purpose; so of a
 * device that the host drives only interrupts that are all elsewhere count, and of one that a VM
 * drives those that are elsewhere for the most part.
 *
 * One that was never raised has woken nobody, and where the count of a line is not told it may have
 * been raised (docs/decisions/0028-interrupts-that-cost.md).
 *
 * A line that devices of two nodes share is far from one of them wherever it goes. That costs, and
 * no route mends it (`routeInterrupts`).
 */
export const interruptsFar: Cause = {
  code: "interrupts-far",
  layer: "host",
  looksFor: "the interrupts of its devices are delivered on another node",
  observable: "devices[].interrupts, machine.topology.pci[].interrupts",
  readFrom: "/proc/irq/*/{smp_affinity_list,effective_affinity_list}, /proc/interrupts",
  acquittedBy: "interrupts on CPUs of the device's own node, or none elsewhere that was raised",
  followsFrom: [],
  judge: (subject) => {
    const { evidence, topology, machine } = subject;
    if (topology === null) return untold("the machine was not read: evidence of it would tell");
    const own = ownDevices(subject, topology);
    if (own.length === 0) return irrelevant;
    const routed = own.map((address) => routedOf(address, evidence.devices, topology));
    const known = routed.filter((one) => one !== null);
    const far = known.flatMap((one) => {
      const told = one.interrupts.filter(mayHaveBeenRaised);
      const off = told.filter(({ cpus }) => isDisjoint(cpus, one.near));
      return off.length * 2 >= told.length && off.length > 0 ? [{ ...one, off }] : [];
    });
    if (far.length === 0) {
      return known.length < routed.length
        ? untold("where the interrupts of its devices go was not read")
        : acquitted(nearText(known));
    }
    return accused(...far.map((one) => accusationOf(one, machine?.settings.irqbalance ?? null)));
  },
};

/** An interrupt that was never raised counts for nothing, wherever it would go. */
function mayHaveBeenRaised({ one }: Delivered): boolean {
  return one === null || one.raisedCount !== 0;
}

function nearText(known: readonly Routed[]): string {
  const idle = sumOf(known, ({ interrupts, near }) => {
    const off = interrupts.filter(({ cpus }) => isDisjoint(cpus, near));
    return off.length - off.filter(mayHaveBeenRaised).length;
  });
  const rest = idle === 0 ? "" : `, but for ${idle} never raised`;
  return `the interrupts of ${amountOf(known.length, "device")} go to CPUs of their nodes${rest}`;
}

/** The devices of a subject; of a machine, all accelerators and NICs. */
function ownDevices({ evidence }: Subject, topology: Topology): readonly string[] {
  if (evidence.of === "machine") {
    return [...topology.accelerators, ...topology.nics].map(({ address }) => address);
  }
  const { accelerators, nics } = devicesOf(evidence, topology);
  return [...accelerators, ...nics];
}

/** Where the interrupts of a device go; null where they or its node are unknown. */
function routedOf(
  address: string,
  devices: readonly DeviceEvidence[],
  topology: Topology,
): Routed | null {
  const device = devices.find((one) => one.address === address);
  const pci = topology.pci.find((one) => one.address === address);
  const node = device?.node ?? pci?.node ?? null;
  if (node === null) return null;
  const near = cpusOfNodes(topology, new Set([node]));
  if (near === null || isEmpty(near)) return null;
  const interrupts = byVfio(device ?? null) ?? byHost(pci ?? null);
  return interrupts === null ? null : { address, node, near, interrupts };
}

/** Null where VFIO does not drive the device, or its interrupts were not all read. */
function byVfio(device: DeviceEvidence | null): readonly Delivered[] | null {
  if (device === null || device.interrupts === null) return null;
  const { driver, interrupts } = device;
  const isVfio = driver === "vfio-pci" || (driver === null && interrupts.length > 0);
  if (!isVfio) return null;
  const delivered = interrupts.map(deliveredTo);
  return delivered.some(({ cpus }) => isEmpty(cpus)) ? null : delivered;
}

function deliveredTo(one: InterruptEvidence): Delivered {
  return { one, cpus: setOf(one.effectiveCpus || one.allowedCpus || "") };
}

/** All interrupts of a device that the host drives, as one. */
function byHost(pci: PciDevice | null): readonly Delivered[] | null {
  const interrupts = pci?.interrupts ?? null;
  if (interrupts === null) return null;
  const cpus = setOf(interrupts.effectiveCpus ?? interrupts.allowedCpus);
  return isEmpty(cpus) ? null : [{ cpus, one: null }];
}

function accusationOf(
  { address, node, near, interrupts, off }: Routed & { readonly off: readonly Delivered[] },
  irqbalance: boolean | null,
): Accusation {
  const cpus = formatList(unionAll(off.map((one) => one.cpus)));
  const many = interrupts.some(({ one }) => one === null)
    ? "all of its interrupts"
    : `${off.length} of its ${interrupts.length} interrupts`;
  return {
    about: address,
    expected: `interrupts on CPUs of ${listed([node])} (${formatList(near)})`,
    found: `${many} go to CPUs ${cpus}`,
    evidence: off
      .slice(0, 4)
      .map(
        ({ one, cpus: to }) =>
          `/proc/irq/${one?.number ?? "*"}: delivered to CPUs ${formatList(to)}`,
      ),
    seen: "directly",
    cost: unknownCost,
    remedy: nearer(node, near, off, irqbalance),
  };
}

function nearer(
  node: number,
  near: IndexSet,
  off: readonly Delivered[],
  irqbalance: boolean | null,
): Remedy {
  const first =
    irqbalance === true ? "Stop irqbalance, which would move them back, and route" : "Route";
  const text = `${first} the interrupts to the CPUs of ${listed([node])}.`;
  const numbered = off.flatMap(({ one }) => one ?? []);
  if (numbered.length < off.length) return advice("live", text);
  return routeInterrupts(numbered, { node, cpus: formatList(near) }, text);
}
