const powers = new Map(["b", "k", "m", "g", "t", "p"].map((letter, power) => [letter, power]));

/**
 * A size in libvirt's units as bytes: `KiB` and `k` are 1024, `KB` is 1000, `b` and `bytes` are one
 * byte, in any case. Null where it is not a number, or above 2^53 - 1 bytes.
 * https://libvirt.org/formatdomain.html (memory allocation, `unit`)
 */
export function sizeBytes(figure: string | null, unit: string): number | null {
  if (figure === null || !/^\s*\d{1,16}\s*$/.test(figure)) return null;
  const scale = unitBytes(unit.trim().toLowerCase());
  const bytes = scale === null ? Number.NaN : Number(figure) * scale;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

function unitBytes(unit: string): number | null {
  if (unit === "b" || unit === "byte" || unit === "bytes") return 1;
  const match = /^([kmgtp])(|ib|b)$/.exec(unit);
  const power = match === null ? undefined : powers.get(match[1] ?? "");
  return power === undefined ? null : (match?.[2] === "b" ? 1000 : 1024) ** power;
}
