import { sha256 } from "../../hash/sha256.ts";
import type { PlanDevice, PlanSwitch } from "../../plan/plan.ts";
import { comparePciAddresses } from "../../topology/pci-address.ts";
import { devicePorts, type Guest, type PassedFunction } from "../guest.ts";
import { hasAccelerators, NCCL_FILE, ncclXml } from "../nccl/print.ts";
import type { ContractDevice, GuestContract } from "./contract.ts";

/** Makes the contract from the same tree that the hypervisor's definition is printed from. */
export function contractOf(guest: Guest): GuestContract {
  const { vm, tenant, host, signature } = guest.identity;
  return {
    apiVersion: "evenkeel/v1",
    kind: "GuestContract",
    vm,
    tenant,
    host,
    signature,
    signatureText: guest.description,
    isolation: guest.isolation,
    cells: guest.cells.map(({ id, cpus, memoryBytes, pageBytes, hugepageBytes, distances }) => ({
      id,
      vcpus: cpus,
      memoryBytes,
      pageBytes,
      hugepageBytes,
      distances,
    })),
    devices: devicePorts(guest.pci)
      .flatMap((port) => port.functions.map(contractDevice))
      .toSorted((a, b) => comparePciAddresses(a.address, b.address)),
    links: guest.links,
    nccl: hasAccelerators(guest) ? { file: NCCL_FILE, sha256: sha256(ncclXml(guest)) } : null,
    notes: guest.notes,
  };
}

function contractDevice(fn: PassedFunction): ContractDevice {
  const { device, role } = fn;
  const own = role !== "companion";
  return {
    address: fn.guestAddress,
    hostAddress: fn.hostAddress,
    kind: role,
    model: own ? device.model : null,
    cell: device.node === null ? null : device.cell,
    hostSwitches: hostSwitches(device),
    link: own ? device.link : null,
  };
}

function hostSwitches({ switches, switch: nearest }: PlanDevice): readonly PlanSwitch[] | null {
  if (switches !== null || nearest === null) return switches;
  return [{ address: nearest, link: null }];
}
