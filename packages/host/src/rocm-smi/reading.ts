import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";

/** What the tools say of GPUs, each by the label that the tool gives it: `GPU3`, `0000:c1:00.0`. */
export interface Reading {
  readonly where: string;
  /** In the order of their first mention. */
  readonly gpus: Map<string, GpuFacts>;
  /** By the labels of both, the one first mentioned first. */
  readonly pairs: Map<string, PairFacts>;
}

/** What one GPU's lines say, as written. */
export interface GpuFacts {
  readonly label: string;
  numaNode: string | null;
  numaAffinity: string | null;
  bus: string | null;
}

/** What the matrices say of a pair, as written. */
export interface PairFacts {
  readonly a: string;
  readonly b: string;
  readonly told: Map<PairFact, string>;
}

export type PairFact = "weight" | "hops" | "link type";

/** More than any machine has: what grows with their pairs must stay small. */
const GPUS_MAX = 256;

/** All that rocm-smi knows of 256 GPUs has less. */
const TEXT_BYTES_MAX = 4 * MiB;

export function refuseLarge(text: string, where: string): void {
  if (text.length <= TEXT_BYTES_MAX) return;
  throw new EvenkeelError("file-too-large", `is too large: it has ${formatBytes(text.length)}`, {
    where,
    expected: `the output for one machine, at most ${formatBytes(TEXT_BYTES_MAX)}`,
  });
}

/** The refusal of a text that is not what these tools print. */
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

/** A label in one form, `GPU3` or a full address; null of a word that is none. */
export function labelOf(word: string): string | null {
  const number = /^(?:GPU|card)\s?\[?(\d{1,4})\]?$/i.exec(word)?.[1];
  return number === undefined ? normalPciAddress(word) : `GPU${Number(number)}`;
}

/** The facts of a GPU, which is made known by being asked for. */
export function gpuOf({ gpus, where }: Reading, label: string): GpuFacts {
  const known = gpus.get(label);
  if (known !== undefined) return known;
  if (gpus.size >= GPUS_MAX) throw unexpected(`names more than ${GPUS_MAX} GPUs`, where);
  const facts = { label, numaNode: null, numaAffinity: null, bus: null };
  gpus.set(label, facts);
  return facts;
}

/**
 * Notes a cell of a matrix. Both halves of a matrix, and a text that holds it twice, say the same;
 * where they do not, neither can be believed.
 */
export function tell(
  reading: Reading,
  from: string,
  to: string,
  fact: PairFact,
  value: string,
): void {
  if (from === to || value === "" || /^(N\/?A|X+|UNKNOWN|-)$/i.test(value)) return;
  const pair = reading.pairs.get(`${from} ${to}`) ??
    reading.pairs.get(`${to} ${from}`) ?? { a: from, b: to, told: new Map<PairFact, string>() };
  reading.pairs.set(`${pair.a} ${pair.b}`, pair);
  const known = pair.told.get(fact) ?? value;
  if (known.toUpperCase() !== value.toUpperCase()) {
    throw new EvenkeelError(
      "topology-inconsistent",
      `the ${fact} of ${from} and ${to} is both ${known.slice(0, 20)} and ${value.slice(0, 20)}`,
      { where: reading.where, expected: "one value for both directions" },
    );
  }
  pair.told.set(fact, value);
}
