import { at } from "../../unit/list.ts";
import { read, write } from "../../unit/vector.ts";

/** The orbits of vertices under the automorphisms found so far. */
export interface Orbits {
  readonly joins: (a: number, b: number) => boolean;
}

/** The permutation that maps one order onto another, place by place. */
export function mapping(from: Int32Array, to: Int32Array): Int32Array {
  const image = new Int32Array(from.length);
  for (const [place, vertex] of from.entries()) write(image, vertex, read(to, place));
  return image;
}

/**
 * The orbits under the automorphisms that fix every vertex of `fixed`, by union-find. The list of
 * automorphisms may grow later; each is added once, in O(n).
 */
export function orbitsFixing(
  fixed: readonly number[],
  size: number,
  automorphisms: readonly Int32Array[],
): Orbits {
  const fixes = [...fixed];
  let parent: Int32Array | null = null;
  let taken = 0;
  return {
    joins(a, b) {
      if (taken === automorphisms.length && parent === null) return a === b;
      const parents = (parent ??= Int32Array.from({ length: size }, (_, vertex) => vertex));
      for (; taken < automorphisms.length; taken++) {
        const image = at(automorphisms, taken);
        if (fixes.some((vertex) => read(image, vertex) !== vertex)) continue;
        for (const [vertex, other] of image.entries()) {
          write(parents, rootOf(parents, vertex), rootOf(parents, other));
        }
      }
      return rootOf(parents, a) === rootOf(parents, b);
    },
  };
}

/** The representative of a vertex's orbit; paths to it are halved on the way. */
function rootOf(parents: Int32Array, vertex: number): number {
  let root = vertex;
  for (let above = read(parents, root); above !== root; above = read(parents, root)) {
    write(parents, root, read(parents, above));
    root = above;
  }
  return root;
}
