import { totalTraffics } from "@evenkeel/core/calibration/calibration.ts";
import { z } from "zod";
import {
  apiVersion,
  bytes,
  digest,
  exactly,
  flag,
  id,
  index,
  indexList,
  integer,
  list,
  object,
  oneOf,
  orUnknown,
  pciAddress,
  share,
  text,
} from "./fields.ts";
import { takenAt } from "./taken-at.ts";

const NODES_MAX = 1024;
const CURVES_MAX = 4096;
const POINTS_MAX = 1024;
const COPIES_MAX = 65_536;

/** A second: slower than any memory, and finite, as a spread's ends must be. */
const nanosecondsMax = 1e9;
/** An exabyte a second: faster than any memory. */
const bytesPerSecondMax = 1e18;

const amount = (max: number, error: string): z.ZodNumber =>
  z.number({ error }).positive({ error }).max(max, { error });

const nanoseconds = amount(nanosecondsMax, "nanoseconds, above 0 and at most a second");
const rate = amount(bytesPerSecondMax, "bytes per second, above 0 and at most 1e18");

const measured = (unit: z.ZodNumber) =>
  object({ median: unit, least: unit, most: unit, samples: integer(1, 1_000_000_000) });

const measuredNs = measured(nanoseconds);
const measuredRate = measured(rate);

const bandwidths = object({
  readBytesPerSecond: orUnknown(measuredRate),
  writeBytesPerSecond: orUnknown(measuredRate),
  copyBytesPerSecond: orUnknown(measuredRate),
});

const witness = object({
  cpus: indexList,
  pages: list(object({ node: index, count: bytes }), NODES_MAX),
});

const memoryFigures = object({
  initiator: orUnknown(index),
  target: orUnknown(index),
  readLatencyNs: orUnknown(measuredNs),
  oneCore: orUnknown(bandwidths),
  allCores: orUnknown(bandwidths),
  pageBytes: orUnknown(bytes),
  witness: orUnknown(witness),
});

const totalFigures = object({
  traffic: oneOf(totalTraffics),
  threads: orUnknown(id),
  bytesPerSecond: measuredRate,
});

const loadedCurve = object({
  initiator: orUnknown(index),
  target: orUnknown(index),
  points: list(object({ bytesPerSecond: rate, latencyNs: nanoseconds }), POINTS_MAX),
});

const copyFigures = object({
  node: orUnknown(index),
  accelerator: orUnknown(pciAddress),
  index: orUnknown(id),
  hostToDeviceBytesPerSecond: orUnknown(measuredRate),
  deviceToHostBytesPerSecond: orUnknown(measuredRate),
  togetherHostToDeviceBytesPerSecond: orUnknown(measuredRate),
  togetherDeviceToHostBytesPerSecond: orUnknown(measuredRate),
});

const peerFigures = object({
  from: orUnknown(pciAddress),
  fromIndex: orUnknown(id),
  to: orUnknown(pciAddress),
  toIndex: orUnknown(id),
  bytesPerSecond: orUnknown(measuredRate),
  bothWaysBytesPerSecond: orUnknown(measuredRate),
  latencyNs: orUnknown(measuredNs),
});

const sentence = text(4096);

/** Lists may be left out of a document that somebody writes by hand: then nothing was measured. */
export const calibrationSchema = object({
  apiVersion,
  kind: exactly("Calibration"),
  host: orUnknown(text(253)),
  topologyDigest: orUnknown(digest),
  measuredAt: orUnknown(takenAt),
  tool: object({ name: text(64), version: orUnknown(text(64)), method: sentence }),
  memory: list(memoryFigures, COPIES_MAX).default([]),
  total: list(totalFigures, 64).default([]),
  loaded: list(loadedCurve, CURVES_MAX).default([]),
  copies: list(copyFigures, COPIES_MAX).default([]),
  peers: list(peerFigures, COPIES_MAX).default([]),
  conditions: object({
    isGentle: orUnknown(flag),
    isEmulated: orUnknown(flag),
    isInGuest: orUnknown(flag),
    stealShare: orUnknown(share),
    othersShare: orUnknown(share),
  }),
  warnings: list(sentence, 1024).default([]),
});
