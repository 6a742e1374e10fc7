import { toolFolder } from "../machine/tools.ts";
import { redactedQuery } from "../nvidia-smi/redact-query.ts";
import { pageSizeKey, processorFields, recorderNotes } from "../sysfs/machine.ts";
import { withoutSecrets } from "../sysfs/pci-config.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
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
  const links = new Map(
    [...recording.links].filter(([path, link]) => isAllowed(path, link, withSerials)),
  );
  return { files, links, directories: recording.directories };
}

interface Rule {
  readonly path: RegExp;
  readonly allowed: (bytes: Uint8Array, withSerials: boolean) => Uint8Array;
}

const rules: readonly Rule[] = [
  // ARM boards end it with their serial number; the first processor's fields stand for all.
  { path: /^\/proc\/cpuinfo$/, allowed: firstLinesOf(processorFields) },
  { path: /^\/proc\/meminfo$/, allowed: firstLinesOf(["MemTotal"]) },
  { path: /\/node\d+\/meminfo$/, allowed: firstLinesOf(["MemTotal"], (key) => lastWord(key)) },
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
  if (leadsOut(path, link)) return false;
  if (!path.startsWith("/sys/class/net/")) return true;
  // Virtual interfaces are named after guests and tenants, and `enx…` after its MAC address.
  const named = /^enx[0-9a-f]{12}$/.test(nameOf(path));
  return link.split("/").some(isPciAddress) && (withSerials || !named);
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
