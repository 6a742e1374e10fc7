import { z } from "zod";
import {
  bytes,
  flag,
  id,
  index,
  indexList,
  list,
  notNegative,
  notNegativeInteger,
  object,
  orUnknown,
  pciAddress,
  share,
  text,
} from "./fields.ts";
import { pcieLinkSchema, topologySchema } from "./topology.ts";

const settings = object({
  kernelRelease: orUnknown(text(256)),
  bootOptions: orUnknown(list(text(256), 64)),
  microcode: orUnknown(text(64)),
  cpuFlags: orUnknown(list(text(32), 512)),
  smt: orUnknown(text(32)),
  vulnerabilities: orUnknown(list(object({ name: text(64), state: text(512) }), 64)),
  nxHugePages: orUnknown(flag),
  turbo: orUnknown(flag),
  shmemHugepages: orUnknown(text(32)),
  zoneReclaim: orUnknown(id),
  numad: orUnknown(flag),
  irqbalance: orUnknown(flag),
  clocksource: orUnknown(text(64)),
  stolenShare: orUnknown(share),
  busyKHz: orUnknown(id),
  splitLockSlowed: orUnknown(flag),
  fabricMode: orUnknown(id),
});

const idleState = object({
  name: text(32),
  latencyUs: id,
  disabled: flag,
  entered: orUnknown(notNegativeInteger),
});

const cpuSettings = object({
  cpus: indexList,
  driver: orUnknown(text(32)),
  governor: orUnknown(text(32)),
  energyPreference: orUnknown(text(32)),
  minKHz: orUnknown(id),
  maxKHz: orUnknown(id),
  hardwareMaxKHz: orUnknown(id),
  idleStates: orUnknown(list(idleState, 16)),
});

const nodeMemory = object({
  id: index,
  memoryBytes: orUnknown(bytes),
  freeBytes: orUnknown(bytes),
  cacheBytes: orUnknown(bytes),
  foreignPages: orUnknown(notNegativeInteger),
});

const neighbour = object({
  name: text(256),
  pid: orUnknown(id),
  isVm: flag,
  vcpus: list(object({ count: id, cpus: indexList }), 8192),
  memory: list(object({ node: index, pageBytes: bytes, bytes }), 8192),
  devices: list(pciAddress, 4096),
  busyCpus: orUnknown(notNegative),
});

const clock = object({
  nowMHz: orUnknown(id),
  maxMHz: orUnknown(id),
  applicationsMHz: orUnknown(id),
});

const watts = orUnknown(notNegative);

export const acceleratorStateSchema = object({
  address: orUnknown(pciAddress),
  index: orUnknown(index),
  productName: orUnknown(text(256)),
  driverVersion: orUnknown(text(64)),
  licensed: orUnknown(flag),
  persistence: orUnknown(flag),
  performanceState: orUnknown(text(16)),
  coreClock: orUnknown(clock),
  memoryClock: orUnknown(clock),
  throttleReasons: orUnknown(list(text(64), 32)),
  power: orUnknown(
    object({ drawWatts: watts, limitWatts: watts, defaultWatts: watts, maxWatts: watts }),
  ),
  temperatureC: orUnknown(z.number({ error: "degrees Celsius" })),
  utilizationPercent: orUnknown(notNegative),
  eccEnabled: orUnknown(flag),
  retired: orUnknown(object({ count: id, pending: flag })),
  migEnabled: orUnknown(flag),
  link: orUnknown(pcieLinkSchema),
  bar1Bytes: orUnknown(bytes),
  nvlinks: orUnknown(object({ active: id, total: id })),
  fabricState: orUnknown(text(64)),
  peers: orUnknown(list(object({ address: pciAddress, status: text(32) }), 1024)),
});

const networkPort = object({
  address: pciAddress,
  name: text(64),
  isUp: orUnknown(flag),
  bytesPerSecond: orUnknown(notNegative),
});

export const machineEvidenceSchema = object({
  topology: orUnknown(topologySchema),
  settings,
  cpus: orUnknown(list(cpuSettings, 8192)),
  nodes: orUnknown(list(nodeMemory, 1024)),
  neighbours: orUnknown(list(neighbour, 4096)),
  accelerators: orUnknown(list(acceleratorStateSchema, 4096)),
  networkPorts: orUnknown(list(networkPort, 4096)),
});
