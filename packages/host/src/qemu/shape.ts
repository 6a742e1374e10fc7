import type {
  MemoryPolicy,
  ShapeCell,
  ShapeCpu,
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
  /** The huge pages that it asks for; null where it asks for none, or only for a file's. */
  readonly pageBytes: number | null;
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
    cpu: cpuOf(words[0] ?? "", options),
    // A command line says whether there is a balloon, and not how full it is.
    balloon: null,
    contract: firmware.some((one) => first(one.options, "name") === contractItem),
    confidential: confidentialOf(options),
    managedSave: null,
    pins: null,
  };
}

/** The object that `-machine confidential-guest-support=ID` names is of one of these types. */
function confidentialOf(options: readonly QemuOption[]): string {
  const kinds = options.flatMap(({ name, options: own }) => {
    const type = name === "object" ? first(own, "qom-type") : null;
    return /^(tdx|sev|sev-snp|s390-pv|pef)-guest$/.exec(type ?? "")?.[1] ?? [];
  });
  return kinds[0] ?? "none";
}

export function backendsOf(options: readonly QemuOption[]): Backend[] {
  return options.flatMap(({ name, options: own }) => backendOf(name, own));
}

function backendOf(name: string, options: Options): Backend[] {
  const id = shown(first(options, "id") ?? "", 128);
  if (name !== "object" || id === null) return [];
  if (!(first(options, "qom-type") ?? "").startsWith("memory-backend-")) return [];
  const bytes = sizeBytes(first(options, "size") ?? undefined);
  const isHuge = first(options, "hugetlb") === "on";
  const pageBytes = isHuge ? sizeBytes(first(options, "hugetlbsize") ?? undefined) : null;
  return [{ id, bytes, policy: policyOf(options), path: first(options, "mem-path"), pageBytes }];
}

/**
 * The processor that QEMU shows by its words: qemu64 where a machine of x86 is given none, and one
 * CPU. Threads are worked out as QEMU does: what sockets and cores leave of the CPUs, or else one.
 * How the rest is dealt to sockets and cores depends on the release, and is unknown.
 * https://www.qemu.org/docs/master/system/qemu-manpage.html (-smp)
 */
function cpuOf(program: string, options: readonly QemuOption[]): ShapeCpu | null {
  const smp = options.findLast(({ name }) => name === "smp")?.options ?? null;
  const cpu = options.findLast(({ name }) => name === "cpu")?.options ?? null;
  const isX86 = /(?:^|\/)(?:qemu-system-x86_64|qemu-kvm|kvm)$/.test(program);
  if (smp === null && cpu === null && !isX86) return null;
  const given = (key: string): number | null => (smp === null ? null : number(smp, key));
  const [sockets, dies, cores] = [given("sockets"), given("dies"), given("cores")];
  const groups = product([sockets, dies, cores]);
  const said = given("cpus") ?? product([groups, given("threads")]);
  const vcpus = said === null ? 1 : said;
  const isSplit = sockets !== null && cores !== null && groups !== null && groups > 0;
  const rest = isSplit ? vcpus / groups : 1;
  const model = cpu === null ? null : shown(first(cpu, "model") ?? "", 128);
  return {
    vcpus,
    model: model ?? (isX86 && cpu === null ? "qemu64" : null),
    sockets,
    dies,
    cores,
    threads: given("threads") ?? (Number.isInteger(rest) ? rest : null),
    features: cpu === null ? [] : featuresOf(cpu),
  };
}

/** The product of what is given; null where nothing is. */
function product(counts: readonly (number | null)[]): number | null {
  const given = counts.filter((count) => count !== null);
  const all = given.reduce((total, count) => total * count, 1);
  return given.length === 0 || all > NODE_MAX ? null : all;
}

const FEATURES_MAX = 1024;

/** `topoext=on`, and in the older way `+topoext`, `-avx512f`. */
function featuresOf(cpu: Options): ShapeCpu["features"] {
  return [...cpu]
    .flatMap(([key, values]) => {
      if (key === "model") return [];
      const value = values.at(-1);
      const sign = /^[+-]/.exec(key)?.[0];
      const name = shown(sign === undefined ? key : key.slice(1), 64);
      if (name === null || (value !== "on" && value !== "off")) return [];
      return [{ name, on: sign === undefined ? value === "on" : sign === "+" }];
    })
    .slice(0, FEATURES_MAX);
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
      pageBytes: own?.pageBytes ?? null,
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

function devicesOf(options: readonly QemuOption[]): ShapeDevice[] {
  const devices = options.filter(({ name }) => name === "device").map((one) => one.options);
  const byId = new Map(devices.map((one) => [first(one, "id") ?? "", one]));
  return devices.flatMap((one): ShapeDevice[] => {
    const address = hostAddress(one);
    if (address === null) return [];
    const above: string[] = [];
    const below = byId.get(first(one, "bus") ?? "");
    const port = below === undefined ? noPort : portOf(below, options);
    let at = one;
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const bus = first(at, "bus") ?? "pcie.0";
      above.push(shown(bus, 128) ?? "?");
      const next = byId.get(bus);
      if (next === undefined) return [{ hostAddress: address, above, cell: null, ...port }];
      if ((first(next, "driver") ?? "").startsWith("pxb")) {
        return [{ hostAddress: address, above, cell: number(next, "numa_node"), ...port }];
      }
      at = next;
    }
    return [{ hostAddress: address, above, cell: null, ...port }];
  });
}

const noPort = { portSpeedGTs: null, portWidth: null } as const;

/**
 * What the port right above a device is told of its link: `x-speed=2_5,x-width=16`, or by
 * `-set device.pci.3.x-speed=8` or for all ports `-global pcie-root-port.x-speed=8`.
 */
function portOf(
  port: Options,
  options: readonly QemuOption[],
): Pick<ShapeDevice, "portSpeedGTs" | "portWidth"> {
  const told = (name: string, key: string): string | null => {
    const one = options.findLast((each) => each.name === name && each.options.has(key));
    return one === undefined ? null : first(one.options, key);
  };
  const of = (property: string): string | null =>
    told("set", `device.${first(port, "id") ?? ""}.${property}`) ??
    first(port, property) ??
    told("global", `${first(port, "driver") ?? ""}.${property}`);
  return portLinkIn(of("x-speed"), of("x-width"));
}

/** A port's link in QEMU's words for it; null of what is not given. */
export function portLinkIn(
  speed: string | null,
  width: string | null,
): Pick<ShapeDevice, "portSpeedGTs" | "portWidth"> {
  const [gts, lanes] = [Number(speed?.replace("_", ".")), Number(width)];
  return {
    portSpeedGTs: /^\d{1,3}(?:_\d)?$/.test(speed ?? "") && gts > 0 ? gts : null,
    portWidth: /^\d{1,2}$/.test(width ?? "") && lanes > 0 ? lanes : null,
  };
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
