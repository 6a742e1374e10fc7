import { indices } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { add, vectorOf } from "@evenkeel/core/unit/vector.ts";

type Attributes = Readonly<Record<string, string | number>>;

/** The text of an object of an export, for tests that build exports. */
export function object(type: string, attributes: Attributes, ...children: string[]): string {
  return element("object", { type, ...attributes }, ...children);
}

export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const text = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${value}"`)
    .join("");
  // Written as hwloc writes it, because hwloc reads a memory attribute's value in no other form.
  if (children.length === 0) return `<${name}${text}/>`;
  return `<${name}${text}>${children.join("")}</${name}>`;
}

export function info(name: string, value: string): string {
  return element("info", { name, value });
}

/** The document; version 1 has none. */
export function topology(version: string | null, ...children: string[]): string {
  const document = element("topology", version === null ? {} : { version }, ...children);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n${document}`;
}

/** A list of CPUs as hwloc prints it: `0-3` is `0x0000000f`. */
export function mask(list: string): string {
  const cpus = indices(setOf(list));
  const words = vectorOf(Math.ceil((Math.max(-1, ...cpus) + 1) / 32));
  for (const cpu of cpus) add(words, cpu >>> 5, 2 ** (cpu & 31));
  const text = Array.from(words, (word) => word.toString(16).padStart(8, "0"));
  return text.length === 0
    ? "0x0"
    : text
        .toReversed()
        .map((word) => `0x${word}`)
        .join(",");
}

/** A core with its CPUs, each an object. */
export function core(number: number, cpus: string): string {
  const threads = indices(setOf(cpus)).map((cpu) =>
    object("PU", { os_index: cpu, cpuset: mask(`${cpu}`) }),
  );
  return object("Core", { os_index: number, cpuset: mask(cpus) }, ...threads);
}

/** A node object of hwloc 2 or 3. */
export function node(number: number, cpus: string, attributes: Attributes = {}): string {
  const own = { os_index: number, cpuset: mask(cpus), gp_index: 1000 + number, ...attributes };
  return object("NUMANode", own);
}

export function pci(busid: string, type: string, ...below: string[]): string {
  const attributes = { pci_busid: busid, pci_type: type, pci_link_speed: "15.753846" };
  return object("PCIDev", attributes, ...below);
}

export function bridge(busid: string, buses: string, ...below: string[]): string {
  const type = "0604 [8086:2030] [8086:0000] 04 00";
  const attributes = { bridge_type: "1-1", bridge_pci: buses, pci_busid: busid, pci_type: type };
  return object("Bridge", attributes, ...below);
}

export function hostBridge(buses: string, ...below: string[]): string {
  return object("Bridge", { bridge_type: "0-1", bridge_pci: buses }, ...below);
}

/** An H100. */
export function gpu(busid: string, ...below: string[]): string {
  return pci(busid, "0302 [10de:2330] [10de:16c1] a1 00", ...below);
}

/** The GPU's object from NVIDIA's library; its number in matrices is 500 plus its own. */
export function nvml(id: number, ...infos: string[]): string {
  const attributes = { name: `nvml${id}`, osdev_type: 12, subtype: "NVML", gp_index: 500 + id };
  return object("OSDev", attributes, ...infos);
}

/** Three GPUs and an NVSwitch, which is 77 in matrices. */
export function threeGpus(type = "0302 [10de:2330] [10de:16c1] a1 00"): string {
  const nvswitch = { pci_busid: "0000:09:00.0", pci_type: "0680 [10de:22a3] [10de:1796] a1 01" };
  return hostBridge(
    "0000:[01-09]",
    ...[1, 2, 3].map((bus) => pci(`0000:0${bus}:00.0`, type, nvml(bus))),
    object("PCIDev", { ...nvswitch, gp_index: 77 }),
  );
}

/** The system's distances of two nodes, unless the attributes differ. */
export function distances(attributes: Attributes, values: string): string {
  const own = { type: "NUMANode", nbobjs: 2, kind: 5, name: "NUMALatency", indexing: "os" };
  return element(
    "distances2",
    { ...own, ...attributes },
    element("indexes", { length: 4 }, "0 1 "),
    element("u64values", { length: 12 }, values),
  );
}

/**
 * Two packages with one node and two cores each, and the given elements in either and beside the
 * tree.
 */
export function twoPackages(parts: {
  readonly first?: string;
  readonly second?: string;
  readonly machine?: string;
  readonly beside?: string;
}): string {
  const { first = "", second = "", machine = "", beside = "" } = parts;
  const packages = [
    [node(0, "0-3", { local_memory: 4096 }), core(0, "0-1"), core(1, "2-3"), first],
    [node(1, "4-7", { local_memory: 8192 }), core(0, "4-5"), core(1, "6-7"), second],
  ].map((inside, id) => {
    return object("Package", { os_index: id, cpuset: mask(id === 0 ? "0-3" : "4-7") }, ...inside);
  });
  const sets = { cpuset: mask("0-7"), complete_cpuset: mask("0-9") };
  return topology("3.0", object("Machine", sets, ...packages, machine), beside);
}
