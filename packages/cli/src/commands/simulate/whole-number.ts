import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** The whole number that a flag was given. Errors: `usage` where it is none in this range. */
export function wholeNumber(text: string, flag: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value;
  throw new EvenkeelError("usage", `"${text}" is not such a number`, {
    where: flag,
    expected: `a whole number from ${least} to ${most}`,
    remedy: "run evenkeel simulate --help",
  });
}
