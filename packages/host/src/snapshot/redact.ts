import { toolFolder } from "../machine/tools.ts";
import { redactedQuery } from "../nvidia-smi/redact-query.ts";
import { bootDisks, defaultRouteInterfaces } from "../sysfs/host-use.ts";
import { databasePaths, linesOf, type PciIds } from "../pci-ids/installed-names.ts";
import { pageSizeKey, processorFields, recorderNotes } from "../sysfs/machine.ts";
import { withoutSecrets } from "../sysfs/pci-config.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { nameOf } from "../tree/resolve.ts";
import type { Recording } from "./recording.ts";
import type { RecordingOptions } from "./serials.ts";

/**
 * Removes private facts from a recording. Most files hold one fact, the one that was read. The
 * files listed here hold more, such as serial numbers, MAC addresses, host names or the sizes of
 * this process, and are cut down to the facts that are read.
 *
 * A GPU's UUID stays, because the topology identifies the GPU to NVIDIA's tools by it. With
 * serials, the serial number of an ARM board and interfaces named after their MAC address stay too.
 * Names of hosts and tenants are always removed.
 */
export function redacted(recording: Recording, { withSerials }: RecordingOptions): Recording {
  const files = new Map<string, Uint8Array>();
  for (const [path, bytes] of recording.files) {
    files.set(path, allowedOf(path, bytes, withSerials));
  }
  for (const [path, text] of ownUses(recording, withSerials)) {
    files.set(path, new TextEncoder().encode(text));
  }
  const links = new Map(
    [...recording.links].filter(([path, link]) => isAllowed(path, link, withSerials)),
  );
  const directories = [...recording.directories].filter((path) => !isVirtualInterface(path));
  return { files, links, directories: new Set(directories) };
}

/**
 * What the host itself uses, without the addresses of its networks and the names of its volumes,
 * bridges and bonds: the recorded tables are replaced by ones that name the physical interfaces and
 * disks that were found below. Of the PCI ID database the lines of the machine's devices are kept.
 */
function ownUses(
  { files, links, directories }: Recording,
  withSerials: boolean,
): ReadonlyMap<string, string> {
  const tree = memoryTree(files, links, "recording", directories);
  const interfaces = defaultRouteInterfaces(tree).filter((name) => withSerials || !hasMac(name));
  const disks = bootDisks(tree);
  const ids = idsOf(files);
  const texts: readonly (readonly [path: RegExp, text: string])[] = [
    [
      /^\/proc\/(self\/)?net\/route$/,
      lines(interfaces, (name) => `${name} 00000000 00000000 0001 0 0 0 00000000 0 0 0`),
    ],
    [
      /^\/proc\/(self\/)?net\/ipv6_route$/,
      lines(interfaces, (name) => `${zeroes6} 00 ${zeroes6} 00 ${zeroes6} 0 0 0 00000001 ${name}`),
    ],
    [/^\/proc\/self\/mountinfo$/, lines(disks, (name) => `0 0 0:0 / / rw - disk /dev/${name} rw`)],
    [/^\/proc\/(self\/)?mounts$/, lines(disks, (name) => `/dev/${name} / disk rw 0 0`)],
    [/\/dm\/name$/, ""],
  ];
  const own = [...files].flatMap(([file, bytes]): (readonly [string, string])[] => {
    if (databasePaths.some((path) => path === file)) {
      const database = new TextDecoder().decode(bytes);
      return [[file, namesOf(database, ids)]];
    }
    return texts.flatMap(([path, text]) => (path.test(file) ? [[file, text] as const] : []));
  });
  return new Map(own);
}

/** The database's lines of these devices, each below its vendor's. */
function namesOf(database: string, ids: readonly PciIds[]): string {
  const known = [...new Set(ids)].toSorted().map((one) => linesOf(database, one));
  const byVendor = Map.groupBy(known, ([vendor = ""]) => vendor);
  const kept = [...byVendor].flatMap(([vendor, own]) => [
    vendor,
    ...own.flatMap(([, line = ""]) => line),
  ]);
  return lines(
    kept.filter((line) => line !== ""),
    (line) => line,
  );
}

/** The ids of the recorded functions, which are all that the recording needs names of. */
function idsOf(files: Recording["files"]): readonly PciIds[] {
  const idAt = (path: string): string | null =>
    /^0x([0-9a-f]{4})$/.exec(new TextDecoder().decode(files.get(path)).trim())?.[1] ?? null;
  const folders = [...files.keys()].filter((path) => /\/[0-9a-f:.]+\/vendor$/.test(path));
  return folders.flatMap((path) => {
    const [vendor, device] = [idAt(path), idAt(path.replace(/vendor$/, "device"))];
    return vendor === null || device === null ? [] : [`${vendor}:${device}` as const];
  });
}

const zeroes6 = "0".repeat(32);

function lines(names: readonly string[], line: (name: string) => string): string {
  return names.map((name) => `${line(name)}\n`).join("");
}

/** Virtual interfaces are named after guests and tenants. */
function isVirtualInterface(path: string): boolean {
  return path.startsWith("/sys/devices/virtual/net/");
}

/** Interfaces without a place in the machine are named after their MAC address. */
function hasMac(name: string): boolean {
  return /^enx[0-9a-f]{12}$/.test(name);
}

interface Rule {
  readonly path: RegExp;
  readonly allowed: (bytes: Uint8Array, withSerials: boolean) => Uint8Array;
}

const rules: readonly Rule[] = [
  // ARM boards end it with their serial number; the first processor's fields stand for all.
  { path: /^\/proc\/cpuinfo$/, allowed: firstLinesOf(processorFields) },
  { path: /^\/proc\/meminfo$/, allowed: firstLinesOf(["MemTotal", "MemFree"]) },
  {
    path: /\/node\d+\/meminfo$/,
    allowed: firstLinesOf(["MemTotal", "MemFree"], (key) => lastWord(key)),
  },
  {
    path: /^\/proc\/driver\/nvidia\/.*\/information$/,
    allowed: firstLinesOf(["Model", "GPU UUID"]),
  },
  { path: /^\/proc\/driver\/nvidia\/.*\/numa_status$/, allowed: firstLinesOf(["Node"]) },
  // The other lines include the host's name.
  { path: new RegExp(`^${recorderNotes}$`), allowed: firstLinesOf(["Architecture", "PageSize"]) },
  { path: /^\/proc\/self\/auxv$/, allowed: pageSizeOf },
  { path: new RegExp(`^${toolFolder}/nvidia-smi-query\\.xml$`), allowed: textOf(redactedQuery) },
  { path: /\/config$/, allowed: withoutSecrets },
];

const cpuinfoWithSerial = firstLinesOf([...processorFields, "Serial"]);

function textOf(allowed: (text: string) => string): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => new TextEncoder().encode(allowed(new TextDecoder().decode(bytes)));
}

function allowedOf(path: string, bytes: Uint8Array, withSerials: boolean): Uint8Array {
  if (withSerials && path === "/proc/cpuinfo") return cpuinfoWithSerial(bytes);
  const rule = rules.find((each) => each.path.test(path));
  return rule === undefined ? bytes : rule.allowed(bytes, withSerials);
}

/** Keeps the first line with each of the keys. */
function firstLinesOf(
  keys: readonly string[],
  named: (key: string) => string = (key) => key,
): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const missing = new Set(keys);
    const kept: string[] = [];
    for (const line of new TextDecoder().decode(bytes).split("\n")) {
      const key = line.slice(0, Math.max(0, line.indexOf(":"))).trim();
      if (missing.delete(named(key))) kept.push(`${line}\n`);
    }
    return new TextEncoder().encode(kept.join(""));
  };
}

/** A node's meminfo writes each key as `Node 0 MemTotal`. */
function lastWord(key: string): string {
  return key.slice(key.lastIndexOf(" ") + 1);
}

/** Keeps only the pair of the auxiliary vector with the page size; others are addresses. */
function pageSizeOf(auxv: Uint8Array): Uint8Array {
  const view = new DataView(auxv.buffer, auxv.byteOffset, auxv.byteLength);
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    const keys = [view.getBigUint64(at, true), view.getBigUint64(at, false)];
    if (keys.includes(pageSizeKey)) return auxv.subarray(at, at + 16);
  }
  return new Uint8Array();
}

function isAllowed(path: string, link: string, withSerials: boolean): boolean {
  // The kernel has no links out of its tree, and an archive must not hold any.
  if (leadsOut(path, link) || isVirtualInterface(path)) return false;
  if (!path.startsWith("/sys/class/net/")) return true;
  return link.split("/").some(isPciAddress) && (withSerials || !hasMac(nameOf(path)));
}

function leadsOut(path: string, link: string): boolean {
  if (link.startsWith("/")) return !/^\/(sys|proc)\//.test(link) || link.includes("/..");
  let depth = path.split("/").length - 2;
  for (const name of link.split("/")) {
    if (name === "" || name === ".") continue;
    depth += name === ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}
