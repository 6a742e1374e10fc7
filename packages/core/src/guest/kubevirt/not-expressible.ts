import { formatBytes } from "../../unit/bytes.ts";
import type { Guest, PassedFunction } from "../guest.ts";

/** A part of the plan that KubeVirt cannot express. */
export interface NotExpressible {
  readonly what: string;
  readonly planned: string;
  /** What happens to it instead. */
  readonly instead: string;
}

/** The parts of the plan that KubeVirt or the kubelet decides by itself. */
export function notExpressibleIn(
  guest: Guest,
  functions: readonly PassedFunction[],
): readonly NotExpressible[] {
  return [...cpus(guest), ...nodes(guest), ...memory(guest), ...devices(guest, functions)];
}

const pins = (list: Guest["vcpuPins"]): string =>
  list.map(({ id, cpus: host }) => `${id} on ${host}`).join(", ");

function cpus({ vcpuPins, iothreadPins, emulatorCpus }: Guest): NotExpressible[] {
  return [
    {
      what: "host CPUs of the vCPUs",
      planned: pins(vcpuPins),
      instead: "those that the kubelet's CPU manager gives the pod, in their own order",
    },
    {
      what: "host CPUs of the emulator",
      planned: emulatorCpus,
      instead: "one more CPU of the pod if it is isolated, otherwise the vCPUs' CPUs",
    },
    ...(iothreadPins.length === 0
      ? []
      : [
          {
            what: "host CPUs of the iothreads",
            planned: pins(iothreadPins),
            instead: "no iothreads unless the cluster's disks ask for some",
          },
        ]),
  ];
}

function nodes(guest: Guest): NotExpressible[] {
  const { cells } = guest;
  const mapped = isMapped(guest);
  const shape = cells.map(({ id, cpus: own }) => `cell ${id} has vCPUs ${own}`).join(", ");
  const distances = cells.flatMap(({ distances: row }) => (row === null ? [] : [row.join(" ")]));
  return [
    {
      what: "guest nodes",
      planned: shape,
      instead: mapped
        ? "one for each host node that the CPUs happen to be on"
        : "none: KubeVirt makes nodes only for dedicated CPUs and huge pages of one size",
    },
    ...(distances.length === 0
      ? []
      : [
          {
            what: "distances",
            planned: distances.join("; "),
            instead: mapped ? "the distances of the host nodes that it gets" : "none",
          },
        ]),
  ];
}

function memory(guest: Guest): NotExpressible[] {
  const { cells } = guest;
  const policies = cells.map(
    ({ id, memoryBytes, memoryPolicy, memoryNodes }) =>
      `cell ${id}: ${formatBytes(memoryBytes)} ${memoryPolicy} on node ${memoryNodes}`,
  );
  const pages = cells.map(({ id, pageBytes }) => `cell ${id}: ${formatBytes(pageBytes)}`);
  const mixed = new Set(cells.map(({ pageBytes }) => pageBytes)).size > 1;
  return [
    {
      what: "memory of each node, its host nodes and policy",
      planned: policies.join(", "),
      instead: isMapped(guest)
        ? "an even share for each guest node, bound to the host node that it is made from"
        : "wherever the kubelet puts the pod's memory",
    },
    ...(mixed
      ? [{ what: "page sizes", planned: pages.join(", "), instead: "base pages everywhere" }]
      : []),
  ];
}

function devices({ pci }: Guest, functions: readonly PassedFunction[]): NotExpressible[] {
  if (functions.length === 0) return [contractNotExpressible];
  const along = functions.filter(({ role }) => role === "companion");
  return [
    {
      what: "which devices",
      planned: functions.map(({ hostAddress }) => hostAddress).join(", "),
      instead: "any of that kind that the device plugin picks",
    },
    {
      what: "places in the guest's PCI tree",
      planned: functions
        .map(({ hostAddress, guestAddress, device: { cell } }) =>
          [`${hostAddress} at ${guestAddress}`, `on cell ${cell}`].join(" "),
        )
        .join(", "),
      instead:
        "root ports on bus 0 without a node, or with PCINUMAAwareTopology on an expander of " +
        "their node; so NCCL's file for this plan does not fit the guest",
    },
    ...portLinks(pci),
    ...(along.length === 0
      ? []
      : [
          {
            what: "companion functions of devices",
            planned: along.map(({ hostAddress }) => hostAddress).join(", "),
            instead: "they stay with the host, which must bind them to vfio-pci",
          },
        ]),
    ...(pci.window64Bytes === null
      ? []
      : [
          {
            what: "the PCI window",
            planned: formatBytes(pci.window64Bytes),
            instead: "the firmware's default",
          },
        ]),
    contractNotExpressible,
  ];
}

function portLinks({ expanders }: Guest["pci"]): NotExpressible[] {
  const told = expanders
    .flatMap(({ ports }) => ports)
    .flatMap(({ functions: [first], link }) =>
      first === undefined || link === null || link.speedGTs === null
        ? []
        : [`${first.guestAddress} ${link.speedGTs} GT/s`],
    );
  if (told.length === 0) return [];
  const instead = "16 GT/s and 32 lanes, as QEMU's root ports say by themselves";
  return [{ what: "links that root ports report", planned: told.join(", "), instead }];
}

const contractNotExpressible: NotExpressible = {
  what: "the contract through fw_cfg",
  planned: "at opt/evenkeel/contract",
  instead: "none; give the rendered cloud-init as user data",
};

/** The one size of huge pages of all cells; null where there are base pages or several sizes. */
export function hugepagesOfAll({ cells }: Pick<Guest, "cells">): number | null {
  const sizes = new Set(cells.map(({ hugepageBytes }) => hugepageBytes));
  const [size = null, ...others] = sizes;
  return others.length === 0 ? size : null;
}

/**
 * Whether KubeVirt makes nodes for the guest: only with dedicated CPUs and one size of huge pages.
 */
export function isMapped(guest: Pick<Guest, "cells" | "cpu">): boolean {
  return guest.cpu.dedicated && hugepagesOfAll(guest) !== null;
}
