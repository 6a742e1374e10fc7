import { emptySet, indices } from "@evenkeel/core/set/index-set.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";

type Attributes = Readonly<Record<string, string | number>>;

/** The text of an object in an export, for tests to put exports together from. */
export function object(type: string, attributes: Attributes, ...children: string[]): string {
  return element("object", { type, ...attributes }, ...children);
}

export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const text = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${value}"`)
    .join("");
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
  const words: number[] = [];
  for (const index of indices(parseList(list) ?? emptySet)) {
    words[index >>> 5] = (words[index >>> 5] ?? 0) | (1 << (index & 31));
  }
  const text = Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, "0"));
  return text.length === 0
    ? "0x0"
    : text
        .toReversed()
        .map((word) => `0x${word}`)
        .join(",");
}

/** A core with its CPUs, of which each is an object. */
export function core(number: number, cpus: string): string {
  const threads = indices(parseList(cpus) ?? emptySet).map((cpu) =>
    object("PU", { os_index: cpu, cpuset: mask(`${cpu}`) }),
  );
  return object("Core", { os_index: number, cpuset: mask(cpus) }, ...threads);
}

/** A node object of hwloc 2 or 3. */
export function node(number: number, cpus: string, attributes: Attributes = {}): string {
  const own = { os_index: number, cpuset: mask(cpus), gp_index: 1000 + number, ...attributes };
  return object("NUMANode", own);
}
