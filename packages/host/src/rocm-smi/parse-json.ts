import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  emptyReading,
  type GpuFacts,
  gpuOf,
  labelOf,
  type PairFact,
  type Reading,
  recordFact,
  recordPairFact,
  unexpected,
} from "./reading.ts";

/**
 * Reads the JSON of the same tools. `rocm-smi --showtopo --json` prints an object with `card0`,
 * `card1`… and, under `system`, a key for each pair. `amd-smi topology --json` prints a list of
 * GPUs, with a list of `links` since ROCm 6.2 and an object for each table before. A list inside an
 * object is read like the list itself.
 */
export function parseJson(text: string, where: string): Reading {
  const reading = emptyReading(where);
  const value = parsed(text, where);
  const gpus = [value, ...fieldsOf(value).values()].find((candidate) => Array.isArray(candidate));
  if (Array.isArray(gpus)) for (const gpu of gpus) readAmdSmi(reading, fieldsOf(gpu));
  else for (const [key, facts] of fieldsOf(value)) readRocmSmi(reading, key, fieldsOf(facts));
  return reading;
}

/**
 * The JSON in an output, which rocm-smi may precede with warnings; null where there is none. A
 * prompt such as `[root@host ~]#` is not mistaken for JSON.
 */
export function jsonWithin(text: string): string | null {
  const start = /^[\uFEFF \t]{0,8}(?:\{\s{0,64}["}]|\[\s{0,64}[{\]])/m.exec(text)?.index;
  if (start === undefined) return null;
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  return text.slice(start, end < start ? undefined : end + 1).replace(/^\uFEFF/, "");
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EvenkeelError("json-malformed", "is not JSON, or is cut short", {
      where,
      expected: "the whole output of rocm-smi or amd-smi with --json",
      cause,
    });
  }
}

/** An object's own fields; none for any other value. */
function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value.trim() : typeof value === "number" ? `${value}` : null;
}

function readRocmSmi(reading: Reading, key: string, facts: ReadonlyMap<string, unknown>): void {
  const label = labelOf(key);
  for (const [name, value] of facts) {
    const textValue = textOf(value);
    if (textValue === null) continue;
    const pair =
      /^\(Topology\) (Weight|Hops|Link type) between DRM devices (\d{1,4}) and (\d{1,4})$/i.exec(
        name,
      );
    const fact = factNamed(pair?.[1] ?? "");
    if (pair !== null && fact !== null) {
      const [a, b] = [`GPU${Number(pair[2])}`, `GPU${Number(pair[3])}`];
      gpuOf(reading, a);
      gpuOf(reading, b);
      recordPairFact(reading, a, b, fact, textValue);
    }
    if (pair === null && (label === null || !recordFact(gpuOf(reading, label), name, textValue))) {
      reading.unused.add(name);
    }
  }
}

function factNamed(name: string): PairFact | null {
  const known: readonly PairFact[] = ["weight", "hops", "link type"];
  return known.find((fact) => fact === name.toLowerCase()) ?? null;
}

function readAmdSmi(reading: Reading, gpu: ReadonlyMap<string, unknown>): void {
  const label = amdSmiLabel(gpu);
  if (label === null) throw unexpected("has a GPU without a number and an address", reading.where);
  const facts = gpuOf(reading, label);
  const number = textOf(gpu.get("gpu")) ?? "";
  if (/^\d{1,4}$/.test(number)) facts.index = Number(number);
  for (const [name, value] of gpu) readAmdFact(reading, facts, name, value);
  const links = gpu.get("links");
  for (const link of Array.isArray(links) ? links : []) {
    const fields = fieldsOf(link);
    const other = amdSmiLabel(fields);
    if (other === null) continue;
    gpuOf(reading, other);
    recordPairFact(reading, label, other, "weight", textOf(fields.get("weight")) ?? "");
    recordPairFact(reading, label, other, "hops", textOf(fields.get("num_hops")) ?? "");
    recordPairFact(reading, label, other, "link type", textOf(fields.get("link_type")) ?? "");
  }
  for (const [name, fact] of tables) {
    for (const [key, value] of fieldsOf(gpu.get(name))) {
      const other = labelOf(key.replace("_", ""));
      if (other === null) continue;
      gpuOf(reading, other);
      recordPairFact(reading, label, other, fact, textOf(value) ?? "");
    }
  }
}

/**
 * The sections of `amd-smi static` and `metric`, and the facts whose name alone does not tell them.
 */
const sections: ReadonlyMap<string, readonly (readonly [string, string])[]> = new Map([
  ["asic", []],
  ["bus", []],
  [
    "vram",
    [
      ["size", "vram size"],
      ["vram_size", "vram size"],
    ],
  ],
  [
    "numa",
    [
      ["node", "numa node"],
      ["affinity", "numa affinity"],
    ],
  ],
  ["mem_usage", [["total_vram", "vram size"]]],
]);

/** Names that are read elsewhere, or only name the entry. */
const known: ReadonlySet<string> = new Set(["gpu", "links", "weight", "hops", "link_type"]);

function readAmdFact(reading: Reading, gpu: GpuFacts, name: string, value: unknown): void {
  const own = sections.get(name);
  if (own === undefined) {
    const read = recordFact(gpu, name, measureOf(value) ?? "");
    if (!read && !known.has(name)) reading.unused.add(name);
    return;
  }
  for (const [key, inner] of fieldsOf(value)) {
    const fact = own.find(([field]) => field === key)?.[1] ?? key;
    recordFact(gpu, fact, measureOf(inner) ?? "");
  }
}

/** A text or number, or a value with its unit: `{ "value": 196592, "unit": "MB" }`. */
function measureOf(value: unknown): string | null {
  const [amount, unit] = [fieldsOf(value).get("value"), fieldsOf(value).get("unit")];
  const text = textOf(amount);
  return text === null ? textOf(value) : `${text} ${textOf(unit) ?? ""}`.trim();
}

/** The tables of amd-smi before ROCm 6.2, with the keys `gpu_0`, `gpu_1`… */
const tables: readonly (readonly [string, PairFact])[] = [
  ["weight", "weight"],
  ["hops", "hops"],
  ["link_type", "link type"],
];

/** A GPU's address, or its number if it has none. */
function amdSmiLabel(gpu: ReadonlyMap<string, unknown>): string | null {
  const bdf = textOf(gpu.get("bdf")) ?? textOf(fieldsOf(gpu.get("bus")).get("bdf")) ?? "";
  return labelOf(bdf) ?? labelOf(`GPU${textOf(gpu.get("gpu")) ?? ""}`);
}
