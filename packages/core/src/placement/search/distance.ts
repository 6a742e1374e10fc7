/** The sum of the distances of all pairs, each pair once. */
export function spreadOf(
  nodes: readonly number[],
  distance: (a: number, b: number) => number,
): number {
  let sum = 0;
  for (const [i, a] of nodes.entries()) {
    for (let j = i + 1; j < nodes.length; j++) sum += distance(a, nodes[j] ?? a);
  }
  return sum;
}

/** How far apart some nodes are, by their positions among them. */
export interface Distances {
  /** Of nodes a and b at a * nodes + b. */
  readonly between: Float64Array;
  /** Of each node the others, the nearest first. */
  readonly nearest: readonly Int32Array[];
}

export function distancesOf(
  nodes: readonly number[],
  distance: (a: number, b: number) => number,
): Distances {
  const total = nodes.length;
  const between = new Float64Array(total * total);
  for (let a = 0; a < total; a++) {
    for (let b = 0; b < total; b++) {
      if (a !== b) between[a * total + b] = distance(nodes[a] ?? 0, nodes[b] ?? 0);
    }
  }
  const nearest = nodes.map((_, a) => {
    const row = between.subarray(a * total, (a + 1) * total);
    const others = Int32Array.from(nodes.keys()).filter((b) => b !== a);
    return others.sort((x, y) => (row[x] ?? 0) - (row[y] ?? 0));
  });
  return { between, nearest };
}
