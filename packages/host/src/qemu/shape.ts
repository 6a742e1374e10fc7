import type {
  MemoryPolicy,
  ShapeCell,
  ShapeDevice,
  ShapeEvidence,
} from "@evenkeel/core/evidence/evidence.ts";
import { unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { NODE_MAX } from "../text/cpu-list.ts";
import { shown } from "../text/shown.ts";
import { type QemuOption, qemuOptions } from "./command-line.ts";
import { type Options, sizeBytes } from "./options.ts";

/** The fw_cfg item that holds the contract. */
export const contractItem = "opt/evenkeel/contract";

/** A memory backend as it was requested. */
export interface Backend {
  readonly id: string;
  readonly bytes: number | null;
  readonly policy: MemoryPolicy | null;
  /** The file or folder of `mem-path`. */
  readonly path: string | null;
}

const first = (options: Options, key: string): string | null => options.get(key)?.[0] ?? null;

/** A node or a distance; neither is above NODE_MAX. */
function number(options: Options, key: string): number | null {
  const text = first(options, key);
  return text !== null && /^\d{1,6}$/.test(text) && Number(text) <= NODE_MAX ? Number(text) : null;
}

/** Reads the VM's shape at its start from QEMU's command line. */
export function shapeOf(words: readonly string[], where: string): ShapeEvidence {
  const options = qemuOptions(words);
  const firmware = options.filter(({ name }) => name === "fw_cfg");
  return {
    source: "command-line",
    where,
    cells: cellsOf(options),
    devices: devicesOf(options),
    cpu: null,
    balloon: null,
    contract: firmware.some((one) => first(one.options, "name") === contractItem),
    pins: null,
  };
}

export function backendsOf(options: readonly QemuOption[]): Backend[] {
  return options.flatMap(({ name, options: own }) => backendOf(name, own));
}

function backendOf(name: string, options: Options): Backend[] {
  const id = shown(first(options, "id") ?? "", 128);
  if (name !== "object" || id === null) return [];
  if (!(first(options, "qom-type") ?? "").startsWith("memory-backend-")) return [];
  const bytes = sizeBytes(first(options, "size") ?? undefined);
  return [{ id, bytes, policy: policyOf(options), path: first(options, "mem-path") }];
}

/**
 * The requested policy. QEMU's words are those of numa_maps except `preferred`: bind, preferred,
 * interleave, default.
 */
function policyOf(options: Options): MemoryPolicy | null {
  const mode = shown(first(options, "policy") ?? "", 32) ?? "default";
  const lists = (options.get("host-nodes") ?? []).map((list) => parseList(list));
  if (lists.includes(null)) return null;
  const nodes = formatList(unionAll(lists.filter((list) => list !== null)));
  return { mode: mode === "preferred" ? "prefer" : mode, nodes };
}

/** QEMU itself allows at most 128 nodes. */
const NODES_MAX = 1024;

function cellsOf(options: readonly QemuOption[]): ShapeCell[] {
  const numa = options.filter(({ name }) => name === "numa").map((one) => one.options);
  // The first one of an id counts. Indexed, because a command line may have thousands.
  const backends = new Map(
    backendsOf(options)
      .toReversed()
      .map((one) => [one.id, one]),
  );
  const nodes = numa.filter((one) => first(one, "type") === "node");
  const distances = distancesOf(numa.filter((one) => first(one, "type") === "dist"));
  const cells = nodes.slice(0, NODES_MAX).map((one, i): ShapeCell => {
    const sets = (one.get("cpus") ?? []).map((list) => parseList(list));
    const backend = shown(first(one, "memdev") ?? "", 128);
    const own = backend === null ? undefined : backends.get(backend);
    return {
      id: number(one, "nodeid") ?? i,
      cpus: formatList(unionAll(sets.filter((set) => set !== null))),
      backend,
      memoryBytes: own?.bytes ?? sizeBytes(first(one, "mem") ?? undefined, "M"),
      policy: own?.policy ?? null,
      pageBytes: null,
      distances: null,
    };
  });
  const ids = cells.map(({ id }) => id).toSorted((a, b) => a - b);
  return cells
    .map((cell) => ({ ...cell, distances: distancesFrom(cell.id, ids, distances) }))
    .toSorted((a, b) => a.id - b.id);
}

/** The distances by source and target; the last one given for a pair counts. */
type Distances = ReadonlyMap<string, number | null>;

function distancesOf(given: readonly Options[]): Distances {
  return new Map(
    given.map((one) => [`${number(one, "src")} ${number(one, "dst")}`, number(one, "val")]),
  );
}

/** A distance given in one direction holds in both; a missing one is QEMU's default, 10 or 20. */
function distancesFrom(
  from: number,
  ascending: readonly number[],
  given: Distances,
): number[] | null {
  if (given.size === 0) return null;
  const row = ascending.map(
    (to) => given.get(`${from} ${to}`) ?? given.get(`${to} ${from}`) ?? (from === to ? 10 : 20),
  );
  return row.every(isDistance) ? row : null;
}

/** Devices are below a few switches at most; a longer chain is a cycle. */
const DEPTH_MAX = 16;

const unknownPort = { portSpeedGTs: null, portWidth: null } as const;

function devicesOf(options: readonly QemuOption[]): ShapeDevice[] {
  const devices = options.filter(({ name }) => name === "device").map((one) => one.options);
  const byId = new Map(devices.map((one) => [first(one, "id") ?? "", one]));
  return devices.flatMap((one): ShapeDevice[] => {
    const address = hostAddress(one);
    if (address === null) return [];
    const above: string[] = [];
    let at = one;
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const bus = first(at, "bus") ?? "pcie.0";
      above.push(shown(bus, 128) ?? "?");
      const next = byId.get(bus);
      if (next === undefined) return [{ hostAddress: address, above, cell: null, ...unknownPort }];
      if ((first(next, "driver") ?? "").startsWith("pxb")) {
        return [{ hostAddress: address, above, cell: number(next, "numa_node"), ...unknownPort }];
      }
      at = next;
    }
    return [{ hostAddress: address, above, cell: null, ...unknownPort }];
  });
}

function hostAddress(options: Options): string | null {
  if (!(first(options, "driver") ?? "").startsWith("vfio-pci")) return null;
  const host = first(options, "host");
  const path = first(options, "sysfsdev");
  const named = (host ?? path?.slice(path.lastIndexOf("/") + 1) ?? "").toLowerCase();
  const full = /^[0-9a-f]{2}:/.test(named) ? `0000:${named}` : named;
  return isPciAddress(full) ? full : null;
}

/** ACPI's table of distances has one byte for each. */
export function isDistance(value: number): boolean {
  return value >= 1 && value <= 255;
}
