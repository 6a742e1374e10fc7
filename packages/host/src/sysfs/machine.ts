import type { Machine } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { fields, readLine } from "./values.ts";

/** Reads the machine's vendor, product and CPU model, from firmware and kernel. */
export function readMachine(tree: Tree): Machine {
  const cpu = firstProcessor(tree.readText("/proc/cpuinfo") ?? "");
  const notes = new Map(fields(tree.readText(recorderNotes) ?? ""));
  const architecture = architectureOf(cpu, notes.get("Architecture") ?? null);
  return {
    vendor: firmwareText(tree, "sys_vendor"),
    product: firmwareText(tree, "product_name") ?? readLine(tree, "/proc/device-tree/model"),
    cpuModel: cpuModel(cpu),
    architecture,
    pageBytes: pageBytes(tree, architecture, notes.get("PageSize") ?? null),
  };
}

/** The file in which hwloc-gather-topology writes facts that no other file has. */
export const recorderNotes = "/proc/hwloc-nofile-info";

/** The defaults on boards whose vendor filled in nothing. */
const placeholders: ReadonlySet<string> = new Set([
  "default string",
  "not specified",
  "system manufacturer",
  "system product name",
  "to be filled by o.e.m.",
  "unknown",
]);

/** A DMI field; the class directory is a link, which some recordings lack. */
function firmwareText(tree: Tree, name: string): string | null {
  const text =
    readLine(tree, `/sys/class/dmi/id/${name}`) ??
    readLine(tree, `/sys/devices/virtual/dmi/id/${name}`);
  return text === null || placeholders.has(text.toLowerCase()) ? null : text;
}

/**
 * The fields of /proc/cpuinfo that identify a CPU. The first occurrence of each counts; it is in
 * the first processor's paragraph or, on s390, before it.
 */
export const processorFields = [
  "model name",
  "Model Name",
  "cpu model",
  "cpu",
  "family",
  "vendor_id",
  "flags",
  "Features",
  "CPU implementer",
  "arch",
  "isa",
] as const;

type Processor = ReadonlyMap<string, string>;

function firstProcessor(cpuinfo: string): Processor {
  const wanted: ReadonlySet<string> = new Set(processorFields);
  const found = new Map<string, string>();
  for (const [key, value] of fields(cpuinfo)) {
    if (found.size === wanted.size) break;
    if (wanted.has(key) && !found.has(key)) found.set(key, value);
  }
  return found;
}

/**
 * The key is "model name" on x86, "Model Name" on LoongArch, "cpu model" on MIPS, "cpu" on POWER
 * and "family" on IA-64.
 */
function cpuModel(cpu: Processor): string | null {
  for (const key of ["model name", "Model Name", "cpu model", "cpu", "family"]) {
    const text = cpu.get(key)?.replace(/\s+/g, " ") ?? "";
    // Some IA-64 kernels write the family's number.
    if (text !== "" && !/^\d+$/.test(text)) return text;
  }
  return null;
}

/**
 * The architecture as in `uname -m`. No kernel file has it, but the form of /proc/cpuinfo differs
 * by architecture.
 */
function architectureOf(cpu: Processor, noted: string | null): string | null {
  if (noted !== null) return noted;
  const words = (key: string): readonly string[] => cpu.get(key)?.split(" ") ?? [];
  // The flag for "long mode" makes an x86 CPU 64-bit.
  if (words("flags").includes("lm")) return "x86_64";
  // 32-bit ARM has the same extension under the name "neon".
  if (cpu.has("CPU implementer") && words("Features").includes("asimd")) return "aarch64";
  if (cpu.get("vendor_id") === "IBM/S390") return "s390x";
  if (cpu.get("arch") === "IA-64") return "ia64";
  if (cpu.get("isa")?.startsWith("rv64") === true) return "riscv64";
  return null;
}

/**
 * The base page size, from the auxiliary vector of the process that reads or recorded; otherwise
 * the only size that the architecture has.
 */
function pageBytes(tree: Tree, architecture: string | null, noted: string | null): number | null {
  const fromAuxv = pageBytesFromAuxv(tree.readBytes("/proc/self/auxv"));
  if (fromAuxv !== null) return fromAuxv;
  if (noted !== null && pageSizes.has(noted)) return Number(noted);
  return architecture === "x86_64" || architecture === "s390x" ? 4096 : null;
}

/** The base page sizes of Linux on 64-bit machines. */
const pageSizes: ReadonlySet<string> = new Set(["4096", "16384", "65536"]);

/** AT_PAGESZ in include/uapi/linux/auxvec.h. */
export const pageSizeKey = 6n;

/** Finds the pair with the key AT_PAGESZ among the pairs of 64-bit words, in either byte order. */
export function pageBytesFromAuxv(auxv: Uint8Array | null): number | null {
  if (auxv === null) return null;
  const view = new DataView(auxv.buffer, auxv.byteOffset, auxv.byteLength);
  for (const littleEndian of [true, false]) {
    for (let at = 0; at + 16 <= view.byteLength && at < 4096; at += 16) {
      if (view.getBigUint64(at, littleEndian) !== pageSizeKey) continue;
      const size = view.getBigUint64(at + 8, littleEndian);
      if (pageSizes.has(`${size}`)) return Number(size);
    }
  }
  return null;
}
