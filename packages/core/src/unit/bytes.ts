import { valueOf } from "./list.ts";

/**
 * Sizes are plain integers of bytes, and every name that holds one ends in `Bytes`
 * (docs/decisions/0003). People write and read them as Kubernetes quantities: `480Gi`.
 */
export const KiB = 1024;
/** The bytes of a mebibyte. */
export const MiB = 1024 * KiB;
/** The bytes of a gibibyte. */
export const GiB = 1024 * MiB;
/** The bytes of a tebibyte. */
export const TiB = 1024 * GiB;

const suffixes: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["k", 1e3],
  ["M", 1e6],
  ["G", 1e9],
  ["T", 1e12],
  ["P", 1e15],
  ["Ki", KiB],
  ["Mi", MiB],
  ["Gi", GiB],
  ["Ti", TiB],
  ["Pi", 1024 * TiB],
]);

/**
 * Reads a Kubernetes quantity (`480Gi`, `1.5Ti`, `1024`) as bytes; a begun byte counts whole, as
 * in Kubernetes. Null when it is not one, is negative, or exceeds 2^53 - 1. Counted in integers:
 * in floating point 0.37000011T would be a byte more than it is.
 */
export function parseQuantity(text: string): number | null {
  const match = /^(\d{1,16})(?:\.(\d{1,9}))?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$/.exec(text.trim());
  if (match === null) return null;
  const [, whole = "", fraction = "", suffix = ""] = match;
  const scale = BigInt(valueOf(suffixes, suffix));
  const parts = 10n ** BigInt(fraction.length);
  const begun = (BigInt(fraction || 0) * scale + parts - 1n) / parts;
  const bytes = BigInt(whole) * scale + begun;
  return bytes <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bytes) : null;
}

const binaryUnits = [
  ["PiB", 1024 * TiB],
  ["TiB", TiB],
  ["GiB", GiB],
  ["MiB", MiB],
  ["KiB", KiB],
] as const;

/** Bytes for people, in the largest binary unit that keeps at most one decimal: `480 GiB`. */
export function formatBytes(bytes: number): string {
  for (const [name, scale] of binaryUnits) {
    // From here on the next smaller unit would round to 1024.0.
    if (bytes >= (scale * 1023.95) / 1024) {
      const value = bytes / scale;
      return `${Number.isInteger(value) ? value : value.toFixed(1)} ${name}`;
    }
  }
  return `${bytes} B`;
}

/** Bytes as the shortest exact Kubernetes quantity: `480Gi`. Reading it gives the bytes back. */
export function formatQuantity(bytes: number): string {
  for (const [name, scale] of binaryUnits) {
    if (bytes >= scale && bytes % scale === 0) return `${bytes / scale}${name.slice(0, 2)}`;
  }
  return String(bytes);
}
