/** A part of a whole in percent: `38 %`, and never 0 % of something, nor all of what is less. */
export function shareText(part: number, whole: number): string {
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 1) return "less than 1 %";
  return part < whole && percent > 99 ? "more than 99 %" : `${Math.round(percent)} %`;
}
