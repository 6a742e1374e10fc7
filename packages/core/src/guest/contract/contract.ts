import type { PlanDevice, PlanSwitch } from "../../plan/plan.ts";
import type { Isolation } from "../../request/virtual-machine.ts";
import type { Link, PcieLink } from "../../topology/topology.ts";

/**
 * The guest's half of a plan: what it was promised, in its own numbers, for it to check from
 * within. It is delivered through QEMU's fw_cfg (`contractName`), where the guest reads it at
 * `/sys/firmware/qemu_fw_cfg/by_name/opt/evenkeel/contract/raw`.
 */
export interface GuestContract {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "GuestContract";
  readonly vm: string;
  readonly tenant: string | null;
  readonly host: string;
  readonly signature: string;
  readonly signatureText: string;
  readonly isolation: Isolation;
  /** By id, which is the guest's node number. */
  readonly cells: readonly ContractCell[];
  /** By guest address. */
  readonly devices: readonly ContractDevice[];
  /** Direct links between accelerators, by guest address; null where the plan does not tell. */
  readonly links: readonly Link[] | null;
  /** The file that NCCL is to read, and what it must hold; null where there are no accelerators. */
  readonly nccl: { readonly file: string; readonly sha256: string } | null;
  /** Where the guest sees something else than the host has, and why. */
  readonly notes: readonly string[];
}

/** A node that the guest was promised. */
export interface ContractCell {
  readonly id: number;
  /** As a list: `0-23`. */
  readonly vcpus: string;
  readonly memoryBytes: number;
  readonly pageBytes: number;
  /** The huge page that backs it, or null for base pages. */
  readonly hugepageBytes: number | null;
  /**
   * To every cell in order, its own included; null where the host tells none, or there is but one.
   */
  readonly distances: readonly number[] | null;
}

/** A device that the guest was promised. */
export interface ContractDevice {
  /** Where the guest finds it. */
  readonly address: string;
  readonly hostAddress: string;
  readonly kind: PlanDevice["kind"] | "companion";
  /** Of an accelerator or NIC. */
  readonly model: string | null;
  /** The guest node that it belongs to; null where the host does not report the node of it. */
  readonly cell: number | null;
  /**
   * The switches above it on the host, nearest first, each with its upstream port's address there
   * and its link towards the CPU: devices with the same first one are one switch apart. Null in
   * plans that do not have them.
   */
  readonly hostSwitches: readonly PlanSwitch[] | null;
  /** Of an accelerator or NIC, what it runs at on the host. */
  readonly link: PcieLink | null;
}

/** The name by which fw_cfg knows it; `opt/` is for users' own (QEMU's docs/specs/fw_cfg.txt). */
export const contractName = "opt/evenkeel/contract";
