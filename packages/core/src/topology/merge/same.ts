import { MiB } from "../../unit/bytes.ts";

/**
 * Decides whether two sources mean the same value. Tools round, pad and abbreviate; treating that
 * as contradictions would hide the real ones.
 */

/** Whether two names differ only in case, blanks and punctuation. */
export function sameName(a: string, b: string): boolean {
  return a === b || plainName(a) === plainName(b);
}

function plainName(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}+]/gu, "");
}

/**
 * Whether two sizes are equal up to rounding: numactl prints whole MiB and the kernel KiB, so they
 * are less than a MiB apart and one is whole.
 */
export function sameSize(a: number, b: number): boolean {
  return a === b || (Math.abs(a - b) < MiB && (a % MiB === 0 || b % MiB === 0));
}

/** The size that is not rounded, of two equal sizes. */
export function exactSize(kept: number, other: number): number {
  return kept % MiB === 0 && other % MiB !== 0 ? other : kept;
}

/**
 * Whether two memory sizes can be of one GPU. Sources report the memory on the board, the memory
 * that the driver leaves, or the size in the product's name. These differ by at most a twentieth;
 * sizes on sale differ by at least a sixth.
 */
export function sameDeviceMemory(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(a, b) / 20;
}

/**
 * Whether two names can be of one accelerator: `A100 SXM4 40GB` and `NVIDIA A100-SXM4-40GB`, `H100
 * SXM5 80GB` and `NVIDIA H100 80GB HBM3`. They cannot if both name a chip, a form or a memory size
 * and these differ. Memory sizes within a tenth count as equal, because names round them (`B200`
 * has 168 to 192 GB, depending on the source).
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
    // An L or NVL behind a Hopper's number names its bridge, not the chip.
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

/** Whether one list is empty, or the two have an item in common. */
function meet<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean {
  return a.length === 0 || b.length === 0 || a.some((x) => b.some((y) => same(x, y)));
}
