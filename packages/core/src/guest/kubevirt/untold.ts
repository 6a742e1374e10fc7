import { formatBytes } from "../../unit/bytes.ts";
import type { Guest, PassedFunction } from "../guest.ts";
import { isMapped } from "./hugepages.ts";

/** A part of the plan that KubeVirt has no words for. */
export interface Untold {
  readonly what: string;
  readonly planned: string;
  /** What happens to it instead. */
  readonly instead: string;
}

/** All that is planned and that KubeVirt or the kubelet decides by itself, part by part. */
export function untoldOf(guest: Guest, functions: readonly PassedFunction[]): readonly Untold[] {
  return [...cpus(guest), ...nodes(guest), ...memory(guest), ...devices(guest, functions)];
}

const pins = (list: Guest["vcpuPins"]): string =>
  list.map(({ id, cpus: host }) => `${id} on ${host}`).join(", ");

function cpus({ vcpuPins, iothreadPins, emulatorCpus }: Guest): Untold[] {
  return [
    {
      what: "host CPUs of the vCPUs",
      planned: pins(vcpuPins),
      instead: "those that the kubelet's CPU manager gives the pod, in their own order",
    },
    {
      what: "host CPUs of the emulator",
      planned: emulatorCpus,
      instead: "one more CPU of the pod where it is isolated, the vCPUs' own where not",
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

function nodes(guest: Guest): Untold[] {
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
        : "none, as KubeVirt makes them of dedicated CPUs and huge pages of one size alone",
    },
    ...(distances.length === 0
      ? []
      : [
          {
            what: "distances",
            planned: distances.join("; "),
            instead: mapped ? "those of the host nodes that it gets" : "none",
          },
        ]),
  ];
}

function memory(guest: Guest): Untold[] {
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
        : "wherever the kubelet lets the pod's memory lie",
    },
    ...(mixed
      ? [{ what: "page sizes", planned: pages.join(", "), instead: "base pages for all" }]
      : []),
  ];
}

function devices({ pci }: Guest, functions: readonly PassedFunction[]): Untold[] {
  if (functions.length === 0) return [untoldContract];
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
    ...(along.length === 0
      ? []
      : [
          {
            what: "functions that go along with a device",
            planned: along.map(({ hostAddress }) => hostAddress).join(", "),
            instead: "they stay with the host, and must be bound to vfio-pci there",
          },
        ]),
    ...(pci.window64Bytes === null
      ? []
      : [
          {
            what: "the PCI window",
            planned: formatBytes(pci.window64Bytes),
            instead: "what the firmware opens by itself",
          },
        ]),
    untoldContract,
  ];
}

const untoldContract: Untold = {
  what: "the contract through fw_cfg",
  planned: "at opt/evenkeel/contract",
  instead: "none; render cloud-init, and give that as user data",
};
