import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

const unitsMs: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** Reads a time such as `30s`, in milliseconds, from the flag of that name. */
export function timeIn(flag: string): (input: string) => number {
  return (input) => {
    const [, number = "", unit = ""] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(input) ?? [];
    const unitMs = unitsMs.get(unit);
    const ms = unitMs === undefined ? null : Number(number) * unitMs;
    if (ms !== null && ms >= 100 && ms <= 86_400_000) return ms;
    throw new EvenkeelError("usage", `${flag} is ${JSON.stringify(input)}`, {
      expected: "a time from 100ms to 24h, such as 30s",
      remedy: "write the number with its unit: ms, s, m or h",
    });
  };
}
