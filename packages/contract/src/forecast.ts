import {
  apiVersion,
  exactly,
  flag,
  integer,
  list,
  name,
  notNegative,
  object,
  oneOf,
  positive,
  share,
  text,
} from "./fields.ts";

const VMS_MAX = 4096;

const parts = object({
  hostToDevice: positive,
  memory: positive,
  peer: positive,
  network: positive,
});

const bottleneck = object({
  resource: text(256),
  part: oneOf(["hostToDevice", "memory", "peer", "network"]),
  askedBytesPerSecond: notNegative,
  capacityBytesPerSecond: positive,
  vms: integer(1, VMS_MAX),
});

const vm = object({
  vm: name,
  tenant: name.nullable(),
  running: flag,
  workload: name,
  remoteShare: share,
  slowdownBefore: positive.nullable(),
  slowdownAfter: positive,
  slowdownBusy: positive,
  parts,
  bottleneck: bottleneck.nullable(),
  latencyBeforeNs: positive.nullable(),
  latencyAfterNs: positive.nullable(),
  basis: oneOf(["measured", "modelled", "unknown"]),
});

export const forecastSchema = object({
  apiVersion,
  kind: exactly("Forecast"),
  vm: name,
  tenant: name.nullable(),
  host: text(253),
  vms: list(vm, VMS_MAX),
  unknown: list(object({ what: text(1024), why: text(1024) }), VMS_MAX),
});
