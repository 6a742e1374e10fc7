/** The sum of the distances of all pairs, each pair once. */
export function spreadOf(
  nodes: readonly number[],
  distance: (a: number, b: number) => number,
): number {
  return sum(nodes.flatMap((a, i) => nodes.slice(i + 1).map((b) => distance(a, b))));
}

/** What no set of `count` of the nodes can undercut: each has at least its nearest to reach. */
export function spreadBound(
  nodes: readonly number[],
  count: number,
  distance: (a: number, b: number) => number,
): number {
  if (count < 2) return 0;
  const nearest = nodes.map((a) => {
    const others = nodes.filter((b) => b !== a).map((b) => distance(a, b));
    return sum(others.toSorted((x, y) => x - y).slice(0, count - 1));
  });
  return (count / 2) * Math.min(...nearest);
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
