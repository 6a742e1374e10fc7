import { guestReportBounds } from "@evenkeel/core/evidence/guest-report-bounds.ts";
import { z } from "zod";
import {
  apiVersion,
  bytes,
  exactly,
  flag,
  id,
  index,
  indexList,
  list,
  object,
  orUnknown,
  pciAddress,
  positive,
  text,
} from "./fields.ts";
import { acceleratorStateSchema } from "./machine-evidence.ts";
import { distancesRowSchema, pciId, pcieLinkSchema } from "./topology.ts";

export const unreadableSchema = object({ what: text(256), why: text(1024) });

const hexDigest = z
  .string({ error: "64 hexadecimal digits" })
  .regex(/^[0-9a-f]{64}$/, { error: "64 hexadecimal digits" });

const node = object({
  id: index,
  cpus: indexList,
  memoryBytes: orUnknown(bytes),
  distances: orUnknown(distancesRowSchema),
});

const device = object({
  address: pciAddress,
  vendor: orUnknown(pciId),
  device: orUnknown(pciId),
  node: orUnknown(index),
  link: orUnknown(pcieLinkSchema),
  bars: orUnknown(list(object({ bytes, assigned: flag }), 6)),
});

const hugepages = object({ node: index, sizeBytes: bytes, total: id, free: orUnknown(id) });

const cpu = object({
  model: orUnknown(text(256)),
  sockets: orUnknown(id),
  coresPerSocket: orUnknown(id),
  threadsPerCore: orUnknown(id),
  flags: orUnknown(list(text(32), 512)),
});

const port = object({
  address: pciAddress,
  link: orUnknown(pcieLinkSchema),
  acsRedirect: orUnknown(flag),
  below: list(pciAddress, 256),
});

const nccl = object({
  file: text(4096),
  sha256: orUnknown(hexDigest),
  from: text(256),
  inForce: orUnknown(flag),
  slowestLink: orUnknown(object({ speedGTs: positive, width: id })),
});

export const guestReportSchema = object({
  apiVersion,
  kind: exactly("GuestReport"),
  where: text(4096),
  kernel: orUnknown(text(256)),
  clocksource: orUnknown(text(64)),
  nodes: orUnknown(list(node, guestReportBounds.nodes)),
  devices: orUnknown(list(device, guestReportBounds.devices)),
  hugepages: list(hugepages, guestReportBounds.hugepages),
  contract: orUnknown(object({ where: text(4096), sha256: orUnknown(hexDigest) })),
  cpu: orUnknown(cpu),
  ports: orUnknown(list(port, guestReportBounds.devices)),
  nccl: orUnknown(nccl),
  ncclNetwork: orUnknown(text(64)),
  gpuDirect: orUnknown(object({ enabled: flag, why: text(512) })),
  accelerators: orUnknown(list(acceleratorStateSchema, guestReportBounds.devices)),
  unreadable: list(unreadableSchema, guestReportBounds.unreadable),
});
