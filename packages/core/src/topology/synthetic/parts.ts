import type { SyntheticDevice, SyntheticPart } from "./machine.ts";
import { type Reader, readText, splitValue } from "./statement.ts";
import { malformed, type Value } from "./term.ts";

/** A function's position on its bus has eight bits, and the first four are the device's own. */
export const PARTS_MAX = 252;

/**
 * Reads a list of parts: `2x"NVIDIA A40-8C"` is two parts with that profile, `2` two without one. A
 * list is quoted as a whole where a profile's name contains blanks.
 */
export function readParts(reader: Reader, value: Value): SyntheticPart[] {
  return splitValue(value, ",").map((part): SyntheticPart => {
    const match = /^(\d{1,3})(?:x(.{1,128}))?$/.exec(part.text);
    const count = match === null ? 1 : Number(match[1]);
    const profile = match === null ? readText(reader, part) : (match[2] ?? null);
    if (count >= 1 && count <= PARTS_MAX && !/^\d+(x|$)/.test(profile ?? "")) {
      return { count, profile };
    }
    throw malformed(reader.text, part.at, `"${part.text}" is not a number of parts`, {
      expected: `a number such as 4, or with a profile such as 2x1g.10gb, of at most ${PARTS_MAX}`,
    });
  });
}

/** `off`, `on` without instances, or the instances. */
export function readMig(reader: Reader, value: Value): NonNullable<SyntheticDevice["mig"]> {
  if (value.text === "off") return "off";
  return value.text === "on" ? [] : readParts(reader, value);
}

export function partsText(parts: readonly SyntheticPart[]): string {
  return parts
    .map(({ count, profile }) =>
      profile === null ? `${count}` : count === 1 ? profile : `${count}x${profile}`,
    )
    .join(",");
}

export function migText(mig: SyntheticDevice["mig"]): string | null {
  if (mig === null || mig === "off") return mig;
  return mig.length === 0 ? "on" : partsText(mig);
}

/** The profile of each part. */
export function profilesOf(parts: readonly SyntheticPart[]): (string | null)[] {
  return parts.flatMap(({ count, profile }) => Array<string | null>(count).fill(profile));
}
