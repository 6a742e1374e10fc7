import { memoryKinds, shapeSources, subjectKinds } from "@evenkeel/core/evidence/evidence.ts";
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
  notNegative,
  notNegativeInteger,
  object,
  oneOf,
  orUnknown,
  pciAddress,
  positive,
  text,
} from "./fields.ts";
import { bindingPromiseSchema } from "./binding.ts";
import { guestReportSchema, unreadableSchema } from "./guest-report.ts";
import { machineEvidenceSchema } from "./machine-evidence.ts";
import { takenAt } from "./taken-at.ts";
import { barBytesSchema, distancesRowSchema, pcieLinkSchema } from "./topology.ts";

const THREADS_MAX = 65_536;
const DEVICES_MAX = 4096;
const NODES_MAX = 1024;

const where = text(4096);

const processSchema = object({
  pid: id,
  startTicks: orUnknown(notNegativeInteger),
  where,
  name: orUnknown(text(256)),
  uuid: orUnknown(text(64)),
  threadCount: orUnknown(id),
  vfioFiles: orUnknown(list(text(64), DEVICES_MAX)),
  hugeMemory: orUnknown(
    object({
      residentBytes: bytes,
      anonymousBytes: bytes,
      anonymousHugeBytes: bytes,
      sharedHugeBytes: bytes,
    }),
  ),
  mergedPages: orUnknown(notNegativeInteger),
  swappedBytes: orUnknown(bytes),
  binding: orUnknown(bindingPromiseSchema),
});

const role = z.union(
  [
    object({ kind: exactly("vcpu"), id: index }),
    object({ kind: exactly("iothread"), id: index }),
    object({ kind: exactly("vhost") }),
    object({ kind: exactly("emulator") }),
  ],
  { error: 'a role: "vcpu" or "iothread" with its "id", "vhost" or "emulator"' },
);

const thread = object({
  tid: id,
  where,
  name: orUnknown(text(64)),
  role: orUnknown(role),
  allowedCpus: orUnknown(indexList),
  allowedNodes: orUnknown(indexList),
  lastCpu: orUnknown(index),
  cgroup: orUnknown(text(4096)),
  // A thread that ran for 105 days has more nanoseconds than an exact number holds.
  ranNs: orUnknown(notNegative),
  waitedNs: orUnknown(notNegative),
});

const policy = object({ mode: text(32), nodes: indexList });

const mapping = object({
  kind: oneOf(memoryKinds),
  start: z
    .string({ error: "a hexadecimal address" })
    .regex(/^[0-9a-f]{1,16}$/, { error: "a hexadecimal address" }),
  bytes,
  backend: orUnknown(text(256)),
  cell: orUnknown(index),
  policy: orUnknown(policy),
  pageBytes: orUnknown(bytes),
  onNodes: list(object({ node: index, bytes }), NODES_MAX),
  where,
  line: text(512),
});

const cgroup = object({
  path: text(4096),
  where,
  cpus: orUnknown(indexList),
  effectiveCpus: orUnknown(indexList),
  nodes: orUnknown(indexList),
  effectiveNodes: orUnknown(indexList),
  limits: orUnknown(
    object({
      quota: orUnknown(object({ quotaUs: id, periodUs: id })),
      throttled: orUnknown(
        object({
          periods: notNegativeInteger,
          throttledPeriods: notNegativeInteger,
          throttledUs: notNegativeInteger,
        }),
      ),
      cpuWeight: orUnknown(id),
      memoryMaxBytes: orUnknown(bytes),
      memoryHighBytes: orUnknown(bytes),
      memoryBytes: orUnknown(bytes),
      memoryCacheBytes: orUnknown(bytes),
      memoryReclaims: orUnknown(notNegativeInteger),
    }),
  ),
});

const kernel = object({
  ksmRun: orUnknown(id),
  numaBalancing: orUnknown(id),
  transparentHugepages: orUnknown(text(16)),
});

const member = object({ address: pciAddress, driver: orUnknown(text(64)), bridge: flag });

const interrupt = object({
  number: id,
  allowedCpus: orUnknown(indexList),
  effectiveCpus: orUnknown(indexList),
  raisedCount: orUnknown(notNegativeInteger),
  sharedWith: orUnknown(list(object({ name: text(256), node: orUnknown(index) }), 64)),
});

const device = object({
  address: pciAddress,
  where,
  present: flag,
  driver: orUnknown(text(64)),
  node: orUnknown(index),
  iommuGroup: orUnknown(id),
  groupMembers: orUnknown(list(member, DEVICES_MAX)),
  vfioFile: orUnknown(text(64)),
  link: orUnknown(pcieLinkSchema),
  interrupts: orUnknown(list(interrupt, 65_536)),
  iommuDomain: orUnknown(text(32)),
  relaxedOrdering: orUnknown(flag),
  barMaxBytes: orUnknown(barBytesSchema),
  maxReadBytes: orUnknown(bytes),
  correctedErrors: orUnknown(notNegativeInteger),
});

const shapeCell = object({
  id: index,
  cpus: indexList,
  backend: orUnknown(text(256)),
  memoryBytes: orUnknown(bytes),
  policy: orUnknown(policy),
  pageBytes: orUnknown(bytes),
  distances: orUnknown(distancesRowSchema),
});

const shapeDevice = object({
  hostAddress: pciAddress,
  above: list(text(256), 64),
  cell: orUnknown(index),
  portSpeedGTs: orUnknown(positive),
  portWidth: orUnknown(id),
});

const shapeCpu = object({
  vcpus: id,
  model: orUnknown(text(128)),
  sockets: orUnknown(id),
  dies: orUnknown(id),
  cores: orUnknown(id),
  threads: orUnknown(id),
  features: list(object({ name: text(64), on: flag }), 1024),
});

const pin = object({ id: index, cpus: indexList });

const shape = object({
  source: oneOf(shapeSources),
  where,
  cells: orUnknown(list(shapeCell, NODES_MAX)),
  devices: orUnknown(list(shapeDevice, DEVICES_MAX)),
  contract: orUnknown(flag),
  confidential: orUnknown(text(32)),
  managedSave: orUnknown(flag),
  cpu: orUnknown(shapeCpu),
  balloon: orUnknown(object({ actualBytes: bytes, maxBytes: bytes })),
  pins: orUnknown(
    object({
      vcpus: list(pin, 8192),
      emulator: orUnknown(indexList),
      iothreads: list(pin, 8192),
    }),
  ),
});

export const evidenceSchema = object({
  apiVersion,
  kind: exactly("Evidence"),
  of: oneOf(subjectKinds),
  name: text(256),
  host: text(253),
  takenAt,
  process: orUnknown(processSchema),
  threads: orUnknown(list(thread, THREADS_MAX)),
  memory: orUnknown(list(mapping, THREADS_MAX)),
  cgroups: list(cgroup, THREADS_MAX),
  kernel,
  nodes: orUnknown(list(object({ id: index, cpus: indexList }), NODES_MAX)),
  cores: orUnknown(list(indexList, THREADS_MAX)),
  devices: list(device, DEVICES_MAX),
  shapes: list(shape, 8),
  guest: orUnknown(guestReportSchema),
  machine: orUnknown(machineEvidenceSchema),
  unreadable: list(unreadableSchema, 1024),
});
