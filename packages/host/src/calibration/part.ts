import type {
  Calibration,
  CopyFigures,
  Measured,
  MemoryFigures,
  PeerFigures,
} from "@evenkeel/core/calibration/calibration.ts";
import { emptyCalibration } from "@evenkeel/core/calibration/empty.ts";
import { shown } from "../text/shown.ts";

/** What a reader finds of its tool in a text; lists that it leaves out are empty. */
export interface Part extends Partial<
  Pick<Calibration, "memory" | "total" | "loaded" | "copies" | "peers" | "warnings">
> {
  readonly name: string;
  readonly version?: string | null;
  readonly method: string;
}

/** A text as readers get it: lines without color codes, and what is known of how they came. */
export interface GivenText {
  readonly lines: readonly string[];
  /** What the command line in the text tells of nodes: `numactl -N 0 -m 1 ./stream`. */
  readonly cpuNode: number | null;
  readonly memoryNode: number | null;
}

/** Finds a tool's output in a text; null where there is none of it. The cost is linear. */
export type ReadPart = (text: GivenText) => Part | null;

export const GB = 1e9;
export const MB = 1e6;

/** No figure of a machine is beyond: the bounds of the document's schema. */
const latencyMax = 1e9;
const rateMax = 1e18;

/** A latency as a tool printed it, once; null unless it is one. */
export function latencyOf(ns: number | null): Measured | null {
  return ns !== null && ns > 0 && ns <= latencyMax ? single(ns) : null;
}

/**
 * A rate as a tool printed it, once, in units of so many bytes per second; null unless it is one.
 */
export function rateOf(value: number | null, unit: number): Measured | null {
  const rate = value === null ? 0 : Math.round(value * unit);
  return rate > 0 && rate <= rateMax ? single(rate) : null;
}

function single(value: number): Measured {
  return { median: value, least: value, most: value, samples: 1 };
}

/** Several figures of one thing; null where there are none. */
export function together(values: readonly number[]): Measured | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [least] = sorted;
  const most = sorted.at(-1);
  if (least === undefined || most === undefined) return null;
  const [low = least, high = least] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return { median: (low + high) / 2, least, most, samples: sorted.length };
}

/** Figures of a pair of which nothing is known yet. */
export function memoryFigures(initiator: number | null, target: number | null): MemoryFigures {
  return {
    initiator,
    target,
    readLatencyNs: null,
    oneCore: null,
    allCores: null,
    pageBytes: null,
    witness: null,
  };
}

/** The same of copies. */
export function copyFigures(
  node: number | null,
  accelerator: string | null,
  index: number | null,
): CopyFigures {
  return {
    node,
    accelerator,
    index,
    hostToDeviceBytesPerSecond: null,
    deviceToHostBytesPerSecond: null,
    togetherHostToDeviceBytesPerSecond: null,
    togetherDeviceToHostBytesPerSecond: null,
  };
}

/** The same of peers, by the tool's numbers and the addresses that it tells. */
export function peerFigures(
  from: number,
  to: number,
  addresses: ReadonlyMap<number, string>,
): PeerFigures {
  return {
    from: addresses.get(from) ?? null,
    fromIndex: from,
    to: addresses.get(to) ?? null,
    toIndex: to,
    bytesPerSecond: null,
    bothWaysBytesPerSecond: null,
    latencyNs: null,
  };
}

/** Entries by a key, made when they are first named. */
export interface Gathered<Entry> {
  readonly at: (key: string, make: () => Entry) => Entry;
  /** Fills in the fields that are still null, and keeps those that are not. */
  readonly fill: (key: string, make: () => Entry, known: Partial<Entry>) => void;
  readonly all: () => readonly Entry[];
}

export function gathered<Entry extends object>(): Gathered<Entry> {
  const entries = new Map<string, Entry>();
  const at = (key: string, make: () => Entry): Entry => {
    const entry = entries.get(key) ?? make();
    entries.set(key, entry);
    return entry;
  };
  return {
    at,
    fill: (key, make, known) => {
      const entry = at(key, make);
      const news = Object.entries(known).filter(
        ([name, value]) => value !== null && Reflect.get(entry, name) === null,
      );
      entries.set(key, { ...entry, ...Object.fromEntries(news) });
    },
    all: () => [...entries.values()],
  };
}

const namesMax = 64;
const methodMax = 512;

/** As many entries and sentences as a document may have, and more than a machine gives. */
const entriesMax = 65_536;
const warningsMax = 64;

/** A calibration of what a reader found, within the bounds of the document. */
export function calibrationOf(part: Part, host: string | null): Calibration {
  const { name, version = null, method, warnings = [], memory = [], copies = [], ...others } = part;
  const { peers = [], ...lists } = others;
  const found = {
    ...lists,
    memory: memory.slice(0, entriesMax),
    copies: copies.slice(0, entriesMax),
    peers: peers.slice(0, entriesMax),
    warnings: warnings.slice(0, warningsMax).flatMap((one) => shown(one, methodMax) ?? []),
  };
  const empty = emptyCalibration(name);
  return {
    ...empty,
    ...found,
    host,
    tool: {
      name,
      version: version === null ? null : shown(version, namesMax),
      method: shown(method, methodMax) ?? "not told",
    },
  };
}
