import { guestReportBounds } from "@evenkeel/core/evidence/guest-report-bounds.ts";
import { z } from "zod";
import {
  apiVersion,
  bytes,
  exactly,
  id,
  index,
  indexList,
  list,
  object,
  pciAddress,
  text,
} from "./fields.ts";
import { distancesRowSchema, pciId, pcieLinkSchema } from "./topology.ts";

export const unreadableSchema = object({ what: text(256), why: text(1024) });

const hexDigest = z
  .string({ error: "64 hexadecimal digits" })
  .regex(/^[0-9a-f]{64}$/, { error: "64 hexadecimal digits" });

const node = object({
  id: index,
  cpus: indexList,
  memoryBytes: bytes.nullable(),
  distances: distancesRowSchema.nullable(),
});

const device = object({
  address: pciAddress,
  vendor: pciId.nullable(),
  device: pciId.nullable(),
  node: index.nullable(),
  link: pcieLinkSchema.nullable(),
});

const hugepages = object({ node: index, sizeBytes: bytes, total: id, free: id.nullable() });

export const guestReportSchema = object({
  apiVersion,
  kind: exactly("GuestReport"),
  where: text(4096),
  kernel: text(256).nullable(),
  nodes: list(node, guestReportBounds.nodes).nullable(),
  devices: list(device, guestReportBounds.devices).nullable(),
  hugepages: list(hugepages, guestReportBounds.hugepages),
  contract: object({ where: text(4096), sha256: hexDigest.nullable() }).nullable(),
  nccl: object({ file: text(4096), sha256: hexDigest.nullable(), from: text(256) }).nullable(),
  unreadable: list(unreadableSchema, guestReportBounds.unreadable),
});
