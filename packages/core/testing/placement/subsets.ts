/** The subsets of one size, in lexicographic order. */
export function* subsets<T>(items: readonly T[], count: number): Generator<readonly T[]> {
  if (count === 0) yield [];
  for (const [i, item] of count === 0 ? [] : items.entries()) {
    for (const rest of subsets(items.slice(i + 1), count - 1)) yield [item, ...rest];
  }
}
