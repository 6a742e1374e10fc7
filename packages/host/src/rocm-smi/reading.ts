import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";

/** The facts that the tools print about GPUs, by the tool's label: `GPU3`, `0000:c1:00.0`. */
export interface Reading {
  readonly where: string;
  /** In the order of their first occurrence. */
  readonly gpus: Map<string, GpuFacts>;
  /** By both labels, in the order of their first occurrence. */
  readonly pairs: Map<string, PairFacts>;
  /** What of the output is not read. */
  readonly unused: Set<string>;
}

/** The facts about one GPU, as printed. */
export interface GpuFacts {
  readonly label: string;
  /** The tool's number of it. */
  index: number | null;
  /** `AMD Instinct MI355X`; older tools print the device's id in its place. */
  name: string | null;
  /** `0x74a1` */
  deviceId: string | null;
  uuid: string | null;
  /** The module's number on the baseboard. */
  oamId: string | null;
  memoryBytes: number | null;
  maxWidth: number | null;
  maxSpeedGTs: number | null;
  /** The parts that the tool lists below the same bus address. */
  parts: PartFacts[];
  numaNode: string | null;
  numaAffinity: string | null;
  bus: string | null;
}

/** A partition of a GPU, such as one of eight in CPX mode. */
interface PartFacts {
  readonly mode: string | null;
  readonly memoryBytes: number | null;
}

/** The facts about a pair in the matrices, as printed. */
export interface PairFacts {
  readonly a: string;
  readonly b: string;
  readonly facts: Map<PairFact, string>;
}

export type PairFact = "weight" | "hops" | "link type";

/** More than any machine has. The limit bounds the work that is quadratic in the GPUs. */
const GPUS_MAX = 256;

/** More than rocm-smi prints for 256 GPUs. */
const TEXT_BYTES_MAX = 4 * MiB;

export function refuseLarge(text: string, where: string): void {
  if (text.length <= TEXT_BYTES_MAX) return;
  throw new EvenkeelError("file-too-large", `is too large: it has ${formatBytes(text.length)}`, {
    where,
    expected: `the output for one machine, at most ${formatBytes(TEXT_BYTES_MAX)}`,
  });
}

/** The error for a text that these tools did not print. */
export function unexpected(message: string, where: string, remedy?: string): EvenkeelError {
  return new EvenkeelError("text-unexpected", message, {
    where,
    expected: "the output of rocm-smi or amd-smi",
    ...(remedy === undefined ? {} : { remedy }),
  });
}

export function emptyReading(where: string): Reading {
  return { where, gpus: new Map(), pairs: new Map(), unused: new Set() };
}

/** The label of a word in one form, `GPU3` or a full address; null where it is none. */
export function labelOf(word: string): string | null {
  const number = /^(?:GPU|card)\s?\[?(\d{1,4})\]?$/i.exec(word)?.[1];
  return number === undefined ? normalPciAddress(word) : `GPU${Number(number)}`;
}

/** The facts about a GPU; an unknown GPU is added. */
export function gpuOf({ gpus, where }: Reading, label: string): GpuFacts {
  const known = gpus.get(label);
  if (known !== undefined) return known;
  if (gpus.size >= GPUS_MAX) throw unexpected(`names more than ${GPUS_MAX} GPUs`, where);
  const number = /^GPU(\d{1,4})$/.exec(label)?.[1];
  const facts: GpuFacts = {
    label,
    index: number === undefined ? null : Number(number),
    name: null,
    deviceId: null,
    uuid: null,
    oamId: null,
    memoryBytes: null,
    maxWidth: null,
    maxSpeedGTs: null,
    parts: [],
    numaNode: null,
    numaAffinity: null,
    bus: null,
  };
  gpus.set(label, facts);
  return facts;
}

/** A fact about one GPU, and what each tool calls it. */
const factNames: ReadonlyMap<string, (gpu: GpuFacts, value: string) => void> = new Map([
  ["card series", named],
  ["device name", named],
  ["device id", identified],
  ["gpu id", identified],
  ["market_name", named],
  ["market name", named],
  ["device_id", identified],
  ["pci bus", (gpu, value) => void (gpu.bus ??= value)],
  ["bdf", (gpu, value) => void (gpu.bus ??= value)],
  ["uuid", (gpu, value) => void (gpu.uuid ??= value)],
  ["oam_id", (gpu, value) => void (gpu.oamId ??= value)],
  ["vram total memory (b)", (gpu, value) => void (gpu.memoryBytes ??= bytesIn(`${value} B`))],
  ["vram size", (gpu, value) => void (gpu.memoryBytes ??= bytesIn(value))],
  ["max_pcie_width", (gpu, value) => void (gpu.maxWidth ??= countIn(value))],
  [
    "max_pcie_speed",
    (gpu, value) => void (gpu.maxSpeedGTs ??= countIn(value.replace(/ GT\/s$/, ""))),
  ],
  ["numa node", (gpu, value) => void (gpu.numaNode = value)],
  ["numa affinity", (gpu, value) => void (gpu.numaAffinity = value)],
]);

/** Records a fact by the tool's name of it; false where it is none that is read. */
export function recordFact(gpu: GpuFacts, name: string, value: string): boolean {
  const record = factNames.get(name.toLowerCase().replace(/^\(topology\) /, ""));
  const text = value.trim().slice(0, VALUE_MAX);
  if (record !== undefined && !/^(?:N\/?A|None|)$/i.test(text)) record(gpu, text);
  return record !== undefined;
}

const VALUE_MAX = 256;

/** Where the tool has no name it prints the device's id. */
function named(gpu: GpuFacts, value: string): void {
  if (/^0x[0-9a-f]{4}$/i.test(value)) gpu.deviceId ??= value;
  else gpu.name ??= value;
}

function identified(gpu: GpuFacts, value: string): void {
  if (/^0x[0-9a-f]{4}$/i.test(value)) gpu.deviceId ??= value;
}

/** The tools write MB and mean MiB; a plain number has its unit in its name. */
export function bytesIn(text: string): number | null {
  const match = /^(\d{1,16}) (B|KB|MB|GB)$/.exec(text);
  const unit = units.get(match?.[2] ?? "");
  if (match === null || unit === undefined) return null;
  const bytes = Number(match[1]) * unit;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

const units: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["KB", 1024],
  ["MB", MiB],
  ["GB", 1024 * MiB],
]);

function countIn(text: string): number | null {
  return /^\d{1,3}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

/**
 * Records a cell of a matrix. The two halves of a matrix, and copies of it, must agree; if they do
 * not, neither is reliable.
 */
export function recordPairFact(
  reading: Reading,
  from: string,
  to: string,
  fact: PairFact,
  value: string,
): void {
  if (from === to || value === "" || /^(N\/?A|X+|UNKNOWN|-)$/i.test(value)) return;
  const pair = reading.pairs.get(`${from} ${to}`) ??
    reading.pairs.get(`${to} ${from}`) ?? { a: from, b: to, facts: new Map<PairFact, string>() };
  reading.pairs.set(`${pair.a} ${pair.b}`, pair);
  const known = pair.facts.get(fact) ?? value;
  if (known.toUpperCase() !== value.toUpperCase()) {
    throw new EvenkeelError(
      "topology-inconsistent",
      `the ${fact} of ${from} and ${to} is both ${known.slice(0, 20)} and ${value.slice(0, 20)}`,
      { where: reading.where, expected: "one value for both directions" },
    );
  }
  pair.facts.set(fact, value);
}
