import { shapeSources } from "@evenkeel/core/evidence/evidence.ts";
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
  name,
  object,
  oneOf,
  pciAddress,
  text,
} from "./fields.ts";
import { guestReportSchema, unreadableSchema } from "./guest-report.ts";
import { takenAt } from "./taken-at.ts";
import { distancesRowSchema, pcieLinkSchema } from "./topology.ts";

const THREADS_MAX = 65_536;
const DEVICES_MAX = 4096;
const NODES_MAX = 1024;

const where = text(4096);

const processSchema = object({
  pid: id,
  where,
  name: text(256).nullable(),
  uuid: text(64).nullable(),
  threadCount: id.nullable(),
  vfioFiles: list(text(64), DEVICES_MAX).nullable(),
});

const role = z.union(
  [
    object({ kind: exactly("vcpu"), id: index }),
    object({ kind: exactly("iothread"), id: index }),
    object({ kind: exactly("emulator") }),
  ],
  { error: 'a role: "vcpu" or "iothread" with its "id", or "emulator"' },
);

const thread = object({
  tid: id,
  where,
  name: text(64).nullable(),
  role: role.nullable(),
  allowedCpus: indexList.nullable(),
  allowedNodes: indexList.nullable(),
  lastCpu: index.nullable(),
  cgroup: text(4096).nullable(),
});

const policy = object({ mode: text(32), nodes: indexList });

const mapping = object({
  start: z
    .string({ error: "a hexadecimal address" })
    .regex(/^[0-9a-f]{1,16}$/, { error: "a hexadecimal address" }),
  bytes,
  backend: text(256).nullable(),
  cell: index.nullable(),
  policy: policy.nullable(),
  pageBytes: bytes.nullable(),
  onNodes: list(object({ node: index, bytes }), NODES_MAX),
  where,
  line: text(512),
});

const cgroup = object({
  path: text(4096),
  where,
  cpus: indexList.nullable(),
  effectiveCpus: indexList.nullable(),
  nodes: indexList.nullable(),
  effectiveNodes: indexList.nullable(),
});

const kernel = object({
  ksmRun: id.nullable(),
  numaBalancing: id.nullable(),
  transparentHugepages: text(16).nullable(),
});

const member = object({ address: pciAddress, driver: text(64).nullable(), bridge: flag });

const interrupt = object({
  number: id,
  allowedCpus: indexList.nullable(),
  effectiveCpus: indexList.nullable(),
});

const device = object({
  address: pciAddress,
  where,
  present: flag,
  driver: text(64).nullable(),
  node: index.nullable(),
  iommuGroup: id.nullable(),
  groupMembers: list(member, DEVICES_MAX).nullable(),
  vfioFile: text(64).nullable(),
  link: pcieLinkSchema.nullable(),
  interrupts: list(interrupt, 65_536).nullable(),
});

const shapeCell = object({
  id: index,
  cpus: indexList,
  backend: text(256).nullable(),
  memoryBytes: bytes.nullable(),
  policy: policy.nullable(),
  distances: distancesRowSchema.nullable(),
});

const shapeDevice = object({
  hostAddress: pciAddress,
  above: list(text(256), 64),
  cell: index.nullable(),
});

const pin = object({ id: index, cpus: indexList });

const shape = object({
  source: oneOf(shapeSources),
  where,
  cells: list(shapeCell, NODES_MAX).nullable(),
  devices: list(shapeDevice, DEVICES_MAX).nullable(),
  contract: flag.nullable(),
  pins: object({
    vcpus: list(pin, 8192),
    emulator: indexList.nullable(),
    iothreads: list(pin, 8192),
  }).nullable(),
});

export const evidenceSchema = object({
  apiVersion,
  kind: exactly("Evidence"),
  vm: name,
  host: text(253),
  takenAt,
  process: processSchema.nullable(),
  threads: list(thread, THREADS_MAX).nullable(),
  memory: list(mapping, THREADS_MAX).nullable(),
  cgroups: list(cgroup, THREADS_MAX),
  kernel,
  nodes: list(object({ id: index, cpus: indexList }), NODES_MAX).nullable(),
  cores: list(indexList, THREADS_MAX).nullable(),
  devices: list(device, DEVICES_MAX),
  shapes: list(shape, 8),
  guest: guestReportSchema.nullable(),
  unreadable: list(unreadableSchema, 1024),
});
