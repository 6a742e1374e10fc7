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
}

/** The facts about one GPU, as printed. */
export interface GpuFacts {
  readonly label: string;
  numaNode: string | null;
  numaAffinity: string | null;
  bus: string | null;
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
    expected: "the output of rocm-smi --showtopo, --showtoponuma or amd-smi topology",
    ...(remedy === undefined ? {} : { remedy }),
  });
}

export function emptyReading(where: string): Reading {
  return { where, gpus: new Map(), pairs: new Map() };
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
  const facts = { label, numaNode: null, numaAffinity: null, bus: null };
  gpus.set(label, facts);
  return facts;
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
