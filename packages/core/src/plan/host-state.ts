import type { HostPolicy } from "../request/host-policy.ts";
import { matchingAccelerators, matchingDevices, namedDevices } from "../topology/device-pattern.ts";
import type { HostUse, PciDevice, Topology } from "../topology/topology.ts";
import { unknownParts, unknownPorts } from "../topology/unknown-settings.ts";
import { valueOf } from "../unit/list.ts";
import type { Holding } from "./holding.ts";
import type { Plan } from "./plan.ts";

/** A host as placement sees it: its topology, the plans on it, and its operator's policy. */
export interface HostState {
  readonly topology: Topology;
  /** The plans of the VMs on this host, running or about to run. */
  readonly taken: readonly Plan[];
  /** What running VMs hold beside these plans. Nothing is known of any where it is left out. */
  readonly held?: readonly Holding[];
  readonly policy: HostPolicy;
}

/** Why a function is given to no VM: the policy excludes it, or the host needs it. */
export type Withheld = "excluded" | HostUse;

/**
 * The functions that are given to no VM, by address: those that the policy excludes, and those that
 * the host needs itself, unless the policy names them by address. All functions of an IOMMU group
 * go together, so the others of the group are withheld for the same reason.
 */
export function withheldFunctions(
  { pci }: Pick<Topology, "pci">,
  { accelerators, nics, exclude }: HostPolicy,
): ReadonlyMap<string, Withheld> {
  const named = new Set([...(accelerators ?? []), ...(nics ?? [])]);
  const excluded = new Set(exclude);
  const reasonOf = ({ address, hostUse }: PciDevice): Withheld | null =>
    excluded.has(address) ? "excluded" : named.has(address) ? null : hostUse;
  const ofGroup = new Map<number, Withheld>();
  for (const device of pci) {
    const reason = reasonOf(device);
    if (reason !== null && device.iommuGroup !== null) ofGroup.set(device.iommuGroup, reason);
  }
  return new Map(
    pci.flatMap((device) => {
      const { address, iommuGroup, class: code } = device;
      // Bridges stay with the host whatever is given away.
      const along = iommuGroup === null || code.startsWith("06") ? null : ofGroup.get(iommuGroup);
      const reason = reasonOf(device) ?? along ?? null;
      return reason === null ? [] : [[address, reason] as const];
    }),
  );
}

/**
 * The topology with accelerators, NICs and partitions as the operator's policy names them. It
 * leaves out functions that are given to no VM (`withheldFunctions`). It leaves out devices that
 * are cut into parts, since the host manages a device with virtual
 * functions or MIG instances and sells only its parts; and it leaves out parts of unknown size.
 */
export function governedTopology(topology: Topology, policy: HostPolicy): Topology {
  const named = namedByPolicy(topology, policy);
  const unsold = new Set([
    ...topology.pci.flatMap(({ physicalFunction }) => physicalFunction ?? []),
    ...withheldFunctions(topology, policy).keys(),
  ]);
  for (const { address, instances } of named.accelerators) {
    if (instances.length > 0) unsold.add(address);
  }
  const parts = Map.groupBy(topology.pci, (entry) => entry.physicalFunction);
  const physical = new Map(topology.pci.map((entry) => [entry.address, entry.physicalFunction]));
  for (const { address, profile } of named.accelerators) {
    const whole = physical.get(address) ?? null;
    if (whole === null || profile !== null) continue;
    // The only virtual function of a GPU is all of it; the size of one of several is unknown.
    if (valueOf(parts, whole).length > 1) unsold.add(address);
  }
  if (unsold.size === 0) return named;
  return {
    ...named,
    accelerators: named.accelerators.filter(({ address }) => !unsold.has(address)),
    nics: named.nics.filter(({ address }) => !unsold.has(address)),
    links: named.links.filter(({ a, b }) => !unsold.has(a) && !unsold.has(b)),
    partitions: named.partitions.filter((set) => !set.accelerators.some((one) => unsold.has(one))),
  };
}

function namedByPolicy(
  topology: Topology,
  { accelerators, nics, partitions }: HostPolicy,
): Topology {
  if (accelerators === null && nics === null && partitions === null) return topology;
  const knownAccelerators = new Map(topology.accelerators.map((entry) => [entry.address, entry]));
  const knownNics = new Map(topology.nics.map((entry) => [entry.address, entry]));
  const chosen =
    accelerators === null
      ? topology.accelerators
      : namedDevices(topology.pci, accelerators, matchingAccelerators).map(
          ({ address }) =>
            knownAccelerators.get(address) ?? {
              address,
              model: null,
              uuid: null,
              moduleId: null,
              memoryBytes: null,
              ...unknownParts,
            },
        );
  const remaining = new Set(chosen.map((entry) => entry.address));
  return {
    ...topology,
    accelerators: chosen,
    nics:
      nics === null
        ? topology.nics
        : namedDevices(topology.pci, nics, matchingDevices).map(
            ({ address }) =>
              knownNics.get(address) ?? {
                address,
                name: null,
                rdma: null,
                ...unknownPorts,
              },
          ),
    links: topology.links.filter(({ a, b }) => remaining.has(a) && remaining.has(b)),
    partitions: partitions ?? topology.partitions,
  };
}
