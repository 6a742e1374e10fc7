import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** Parses the whole number of a flag. Errors: `usage` where it is none, or out of range. */
export function wholeNumber(text: string, flag: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value;
  throw new EvenkeelError("usage", `${JSON.stringify(text)} is not a number in this range`, {
    where: flag,
    expected: `a whole number from ${least} to ${most}`,
    remedy: "run evenkeel simulate --help",
  });
}
