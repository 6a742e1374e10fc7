import { MiB } from "../../unit/bytes.ts";

/**
 * Equality of values from different tools. Tools round, pad and abbreviate; reporting that as
 * contradictions would bury the real ones.
 */

/** Names that differ in case, blanks and punctuation alone. */
export function sameName(a: string, b: string): boolean {
  return a === b || plainName(a) === plainName(b);
}

function plainName(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}+]/gu, "");
}

/**
 * What numactl prints in whole megabytes and the kernel in kibibytes is one size: they lie within a
 * MiB of each other and one is whole.
 */
export function sameSize(a: number, b: number): boolean {
  return a === b || (Math.abs(a - b) < MiB && (a % MiB === 0 || b % MiB === 0));
}

/** The exact one of two equal sizes. */
export function exactSize(kept: number, other: number): number {
  return kept % MiB === 0 && other % MiB !== 0 ? other : kept;
}

/**
 * A GPU's memory is what is soldered on, what the driver leaves of it, or what it is sold as; a
 * twentieth lies between these, and at least a sixth between sizes that are sold.
 */
export function sameDeviceMemory(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(a, b) / 20;
}

/**
 * Whether two names can be of one accelerator: `A100 SXM4 40GB` and `NVIDIA A100-SXM4-40GB`,
 * `H100 SXM5 80GB` and `NVIDIA H100 80GB HBM3`. They cannot where both name a chip, a form or a size
 * of memory, and not the same. Memory is named generously (`B200` has 168 to 192 GB by who says
 * it), so sizes within a tenth are the same.
 */
export function sameModel(a: string, b: string): boolean {
  if (sameName(a, b)) return true;
  const [one, other] = [wordsOf(a), wordsOf(b)];
  return (
    meet(one.chips, other.chips, Object.is) &&
    meet(one.forms, other.forms, Object.is) &&
    meet(one.gigabytes, other.gigabytes, (x, y) => Math.abs(x - y) <= Math.max(x, y) / 10)
  );
}

interface ModelWords {
  readonly chips: readonly string[];
  readonly forms: readonly string[];
  readonly gigabytes: readonly number[];
}

function wordsOf(model: string): ModelWords {
  const words = model
    .slice(0, 200)
    .toUpperCase()
    .split(/[^A-Z0-9]+/);
  return {
    // An NVL or L behind the number of a Hopper says how it is bridged, and not which chip it is.
    chips: words
      .filter((word) => /^(?!SXM|HBM)[A-Z]{1,3}\d{1,4}[A-Z]{0,2}$/.test(word))
      .map((word) => word.replace(/^(H\d00)L$/, "$1")),
    forms: words.flatMap((word) => /^(SXM|PCIE|OAM)\d?$/.exec(word)?.[1] ?? []),
    gigabytes: words.flatMap((word) => {
      const size = /^(\d{1,4})GB?$/.exec(word)?.[1];
      return size === undefined ? [] : [Number(size)];
    }),
  };
}

/** True where one list is empty, or anything in one is the same as something in the other. */
function meet<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean {
  return a.length === 0 || b.length === 0 || a.some((x) => b.some((y) => same(x, y)));
}
