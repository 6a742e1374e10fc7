import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  emptyReading,
  gpuOf,
  labelOf,
  type PairFact,
  type Reading,
  tell,
  unexpected,
} from "./reading.ts";

/**
 * Reads the JSON of the same tools: of `rocm-smi --showtopo --json` an object of `card0`, `card1`…
 * and, under `system`, a key for each pair; of `amd-smi topology --json` a list of GPUs, with a list
 * of `links` since ROCm 6.2 and an object for each table before. A list that stands in an object is
 * taken for that one.
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
 * The JSON in what was printed: rocm-smi may put warnings before it. Null where there is none; a
 * prompt such as `[root@host ~]#` begins none.
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
    throw new EvenkeelError("json-malformed", "this is not JSON, or it is cut short", {
      where,
      expected: "the whole output of rocm-smi or amd-smi with --json",
      cause,
    });
  }
}

/** An object's own fields; nothing of what is no object. */
function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value.trim() : typeof value === "number" ? `${value}` : null;
}

function readRocmSmi(reading: Reading, key: string, facts: ReadonlyMap<string, unknown>): void {
  const label = labelOf(key);
  for (const [name, value] of facts) {
    const said = textOf(value);
    if (said === null) continue;
    const pair =
      /^\(Topology\) (Weight|Hops|Link type) between DRM devices (\d{1,4}) and (\d{1,4})$/i.exec(
        name,
      );
    const fact = factNamed(pair?.[1] ?? "");
    if (pair !== null && fact !== null) {
      const [a, b] = [`GPU${Number(pair[2])}`, `GPU${Number(pair[3])}`];
      gpuOf(reading, a);
      gpuOf(reading, b);
      tell(reading, a, b, fact, said);
    }
    if (label === null) continue;
    if (/Numa Node$/i.test(name)) gpuOf(reading, label).numaNode = said;
    if (/Numa Affinity$/i.test(name)) gpuOf(reading, label).numaAffinity = said;
    if (/^PCI Bus$/i.test(name)) gpuOf(reading, label).bus = said;
  }
}

function factNamed(name: string): PairFact | null {
  const known: readonly PairFact[] = ["weight", "hops", "link type"];
  return known.find((fact) => fact === name.toLowerCase()) ?? null;
}

function readAmdSmi(reading: Reading, gpu: ReadonlyMap<string, unknown>): void {
  const label = amdSmiLabel(gpu);
  if (label === null) throw unexpected("has a GPU without a number and an address", reading.where);
  gpuOf(reading, label);
  const links = gpu.get("links");
  for (const link of Array.isArray(links) ? links : []) {
    const told = fieldsOf(link);
    const other = amdSmiLabel(told);
    if (other === null) continue;
    gpuOf(reading, other);
    tell(reading, label, other, "weight", textOf(told.get("weight")) ?? "");
    tell(reading, label, other, "hops", textOf(told.get("num_hops")) ?? "");
    tell(reading, label, other, "link type", textOf(told.get("link_type")) ?? "");
  }
  for (const [name, fact] of tables) {
    for (const [key, value] of fieldsOf(gpu.get(name))) {
      const other = labelOf(key.replace("_", ""));
      if (other === null) continue;
      gpuOf(reading, other);
      tell(reading, label, other, fact, textOf(value) ?? "");
    }
  }
}

/** Of amd-smi before ROCm 6.2, by `gpu_0`, `gpu_1`… */
const tables: readonly (readonly [string, PairFact])[] = [
  ["weight", "weight"],
  ["hops", "hops"],
  ["link_type", "link type"],
];

/** Its address, and its number where it has none. */
function amdSmiLabel(gpu: ReadonlyMap<string, unknown>): string | null {
  return labelOf(textOf(gpu.get("bdf")) ?? "") ?? labelOf(`GPU${textOf(gpu.get("gpu")) ?? ""}`);
}
