/** Each two of a set, once. */
export function pairsOf(set: readonly string[]): (readonly [string, string])[] {
  return set.flatMap((a, i) => set.slice(i + 1).map((b) => [a, b] as const));
}
