/** Orders numbers ascending, with unknown ones last. */
export function unknownLast(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  return b === null ? -1 : a - b;
}
