import type { Topology } from "../topology.ts";

/** A contradiction between sources about a machine. */
export interface MergeFinding {
  readonly code: MergeFindingCode;
  /** Its subject: `0000:1b:00.0`, `node 1`, `CPUs 0,112`, `0000:1b:00.0 and 0000:3b:00.0`. */
  readonly subject: string;
  /** The field, with what identifies its owner in brackets: `pci[0000:1b:00.0].node`. */
  readonly path: string;
  /** Each source's value, in the order of the sources; the merged topology has the first. */
  readonly values: readonly SourceValue[];
  /** A sentence without its full stop: `0000:1b:00.0: sysfs says node 1, nvidia-smi says 0`. */
  readonly message: string;
}

/** What one source says of a field in which sources differ. */
export interface SourceValue {
  readonly source: string;
  readonly value: string | number | boolean;
}

/**
 * Every kind of contradiction, by its stable code; `docs/errors.md` lists the same. Where sources
 * differ, the merged topology has the first source's value.
 */
export const mergeFindingCodes = {
  "machine-differs": "sources name another vendor, product, CPU model, architecture or page size",
  "cpus-differ": "sources disagree about which CPUs there are, or which are offline",
  "node-differs": "sources disagree about a node: its CPUs, memory, kind or huge pages",
  "distance-differs": "sources disagree about the distance of two nodes",
  "distances-incomplete": "no source knows all distances between the merged nodes",
  "access-differs": "sources disagree about the latency or bandwidth between two nodes",
  "core-differs": "sources disagree about a core: its threads, package, die, cache, node or class",
  "cache-differs": "sources disagree about an L3 cache, or about the allocation of caches",
  "device-differs": "sources disagree about a PCI function: its place, ids, node, link or driver",
  "interconnect-differs":
    "a source states another interconnect of two devices than follows from their places",
  "accelerator-differs":
    "sources disagree about an accelerator: its model, UUID, module, memory or instances",
  "nic-differs": "sources disagree about a NIC: its name, or its RDMA support",
  "link-differs": "sources disagree about the kind or the lanes of a direct link",
  "partition-differs": "sources disagree about a fabric partition",
  "devices-apart": "devices without addresses could not be matched with devices that have one",
} as const;

/** The code of a finding. */
export type MergeFindingCode = keyof typeof mergeFindingCodes;

/** A topology to merge, and its name in findings. */
export interface Part {
  readonly label: string;
  readonly topology: Topology;
}

export type Report = (finding: MergeFinding) => void;

/** One source's value of a field; null where it has none. */
export interface Claim<T> {
  readonly label: string;
  readonly value: T | null;
}

/** A field, with the sources' claims about it. */
export interface Question<T> {
  readonly code: MergeFindingCode;
  readonly subject: string;
  readonly path: string;
  /** The field's name in the message: `node`, `memory`. */
  readonly what: string;
  readonly claims: readonly Claim<T>[];
  /** Whether two values mean the same; by default whether they are equal. */
  readonly same?: (a: T, b: T) => boolean;
  /** Chooses between two values that mean the same; by default the first. */
  readonly better?: (kept: T, other: T) => T;
  readonly show?: (value: T) => string | number | boolean;
}

/**
 * Decides a field: the first known value, replaced by a better one among the values that mean the
 * same. If any value differs, one finding lists all of them.
 */
export function settle<T>(question: Question<T>, report: Report): T | null {
  const { claims, same = Object.is, better = (kept: T): T => kept } = question;
  let kept: T | null = null;
  let differ = false;
  for (const { value } of claims) {
    if (value === null) continue;
    if (kept === null) kept = value;
    else if (same(kept, value)) kept = better(kept, value);
    else differ = true;
  }
  if (differ) report(contradiction(question));
  return kept;
}

function contradiction<T>(question: Question<T>): MergeFinding {
  const { code, subject, path, what, claims, show = String } = question;
  const values = claims.flatMap(({ label, value }): SourceValue[] =>
    value === null ? [] : [{ source: label, value: plain(value, show) }],
  );
  return { code, subject, path, values, message: valuesMessage(subject, what, values) };
}

function plain<T>(value: T, show: (value: T) => SourceValue["value"]): SourceValue["value"] {
  return typeof value === "number" || typeof value === "boolean" ? value : show(value);
}

/** `0000:1b:00.0: sysfs says node 1, nvidia-smi says 0` */
export function valuesMessage(
  subject: string,
  what: string,
  values: readonly SourceValue[],
): string {
  const texts = values.map(
    ({ source, value }, i) => `${source} says ${i === 0 ? `${what} ` : ""}${value}`,
  );
  return `${subject}: ${texts.join(", ")}`;
}

/** The parts' claims about one field of a thing. */
export function claimsOf<T>(
  entries: readonly (readonly [Part, T])[],
): <V>(value: (entry: T) => V | null) => Claim<V>[] {
  return (value) => entries.map(([{ label }, entry]) => ({ label, value: value(entry) }));
}

/** Groups the parts' items by their identity, in the order of first occurrence. */
export function grouped<T>(
  parts: readonly Part[],
  items: (part: Part, position: number) => readonly T[],
  identity: (item: T, position: number) => string,
): ReadonlyMap<string, readonly (readonly [Part, T])[]> {
  const groups = new Map<string, (readonly [Part, T])[]>();
  for (const [position, part] of parts.entries()) {
    for (const item of items(part, position)) {
      const key = identity(item, position);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [[part, item]]);
      else group.push([part, item]);
    }
  }
  return groups;
}
