import type { ContractDevice } from "../../contract/contract.ts";

/**
 * Every finding about an NCCL topology file for a guest, by its stable code; `docs/errors.md` lists
 * the same.
 */
export const ncclFindingCodes = {
  "nccl-root": "the document is not a topology file of NCCL",
  "nccl-address-malformed": "a function has no bus address, or a malformed one",
  "nccl-address-duplicate": "two functions have one bus address",
  "nccl-address-host": "a device has its host address instead of its guest address",
  "nccl-address-wrong": "a device has a bus address that the guest does not have",
  "nccl-device-missing": "an accelerator or NIC of the guest is not in the file",
  "nccl-device-extra": "the file has an accelerator or NIC that the guest does not have",
  "nccl-device-kind": "a device is marked as the wrong kind",
  "nccl-class-missing": "a bridge has no class, without which NCCL does not load the file",
  "nccl-node-wrong": "a device is below another node than the guest's",
  "nccl-node-absent": "the guest does not have a node that the file names",
  "nccl-node-duplicate": "a node is named twice",
  "nccl-affinity-wrong": "a node has other CPUs than the guest's",
  "nccl-link-slow": "a PCI Express link is slower than the plan's",
  "nccl-link-fast": "a PCI Express link is faster than the plan's",
  "nccl-link-untold": "a PCI Express link is left for NCCL to read from an emulated port",
  "nccl-switch-wrong": "a device is below another switch than on the host",
  "nccl-nvlink-missing": "two accelerators are linked, and the file does not say so",
  "nccl-nvlink-extra": "the file links two accelerators that are not linked",
  "nccl-nvlink-absent": "a link leads to a device that is not in the file",
  "nccl-nvlink-lanes": "a link has the wrong number of lanes",
} as const;

/** The code of a finding. */
export type NcclFindingCode = keyof typeof ncclFindingCodes;

/** One thing that is wrong with a file. */
export interface NcclFinding {
  readonly code: NcclFindingCode;
  /** What it is about: a device, a node, a pair. */
  readonly subject: string;
  readonly promised: string;
  readonly found: string;
  readonly remedy: string;
}

export type Report = (
  code: NcclFindingCode,
  subject: string,
  promised: string,
  found: string,
  remedy: string,
) => void;

/** How findings call a device. */
export function deviceName({ kind, address, model }: ContractDevice): string {
  return `${kind} ${address}${model === null ? "" : ` (${model})`}`;
}
