import { isolations } from "@evenkeel/core/request/virtual-machine.ts";
import { z } from "zod";
import {
  apiVersion,
  bytes,
  exactly,
  index,
  indexList,
  list,
  name,
  object,
  oneOf,
  pciAddress,
  text,
} from "./fields.ts";
import { planSwitchSchema } from "./plan.ts";
import { distancesRowSchema, linkSchema, pcieLinkSchema } from "./topology.ts";

/** The limits of QEMU: 128 nodes, and 256 buses with eight functions each. */
const CELLS_MAX = 128;
const DEVICES_MAX = 2048;

const cell = object({
  id: index,
  vcpus: indexList,
  memoryBytes: bytes,
  pageBytes: bytes,
  hugepageBytes: bytes.nullable(),
  distances: distancesRowSchema.nullable(),
});

const device = object({
  address: pciAddress,
  hostAddress: pciAddress,
  kind: oneOf(["accelerator", "nic", "companion"]),
  model: text(256).nullable(),
  cell: index.nullable(),
  hostSwitches: list(planSwitchSchema, 64).nullable(),
  link: pcieLinkSchema.nullable(),
});

const hexDigest = z
  .string({ error: "64 hexadecimal digits" })
  .regex(/^[0-9a-f]{64}$/, { error: "64 hexadecimal digits" });

export const guestContractSchema = object({
  apiVersion,
  kind: exactly("GuestContract"),
  vm: name,
  tenant: name.nullable(),
  host: text(253),
  signature: text(128),
  signatureText: text(4096),
  isolation: oneOf(isolations),
  cells: list(cell, CELLS_MAX),
  devices: list(device, DEVICES_MAX),
  links: list(linkSchema, 65_536).nullable(),
  nccl: object({ file: text(1024), sha256: hexDigest }).nullable(),
  notes: list(text(1024), 1024),
});
