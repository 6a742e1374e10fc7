import type { Request } from "@evenkeel/core/request/request.ts";
import type { Core } from "@evenkeel/core/topology/topology.ts";
import type { LinearProgram, Terms, Variable } from "../linear-program.ts";
import type { Offer } from "../offer.ts";
import type { PackedVm } from "./packing.ts";
import type { Place } from "./places.ts";
import { cachesByNode } from "./shapes.ts";

/** So many cores of one cache, for cells of one kind. */
export interface CachePart {
  readonly node: number;
  readonly kind: string;
  readonly size: number;
  readonly cache: readonly Core[];
  readonly variable: Variable;
}

/**
 * Which caches the cores of cells come from, as a part of the program that packs VMs: how many parts
 * of one size are taken from each cache of a node.
 *
 * A VM's parts must come from different caches, and they can, exactly when no cache gives more parts
 * than there are such cells on the node: VMs are then the colors of a bipartite multigraph of parts
 * and caches, whose edges can be colored with as many colors as the largest degree (Kőnig). Under
 * isolation `l3` each cache goes to one VM.
 */
export function cacheParts(
  program: LinearProgram,
  offer: Offer,
  { isolation }: Request,
  chosen: readonly (readonly [Place, Variable])[],
): readonly CachePart[] {
  const caches = cachesByNode(offer.nodes.flatMap(({ cores }) => cores));
  const cells = chosen.flatMap(([{ cells: own }, variable]) =>
    own.map((cell) => ({ ...cell, kind: cell.caches.join(), variable })),
  );
  const parts: CachePart[] = [];
  for (const [node, there] of caches) {
    const here = Map.groupBy(
      cells.filter((cell) => cell.node === node),
      ({ kind }) => kind,
    );
    for (const [kind, alike] of here) {
      const times: Terms = alike.map(({ variable }) => [-1, variable] as const);
      const sizes = Map.groupBy(alike[0]?.caches ?? [], (size) => size);
      const ofKind = [...sizes.keys()].flatMap((size) =>
        there
          .filter((cache) => cache.length >= size)
          .map((cache): CachePart => ({ node, kind, size, cache, variable: program.count() })),
      );
      for (const [size, { length }] of sizes) {
        const own = ofKind.filter((part) => part.size === size);
        const needed = times.map(([factor, variable]) => [factor * length, variable] as const);
        program.require([...own.map(({ variable }) => [1, variable] as const), ...needed], "=", 0);
      }
      for (const [, same] of Map.groupBy(ofKind, ({ cache }) => cache)) {
        program.require([...same.map(({ variable }) => [1, variable] as const), ...times], "<=", 0);
      }
      parts.push(...ofKind);
    }
  }
  for (const [cache, same] of Map.groupBy(parts, (part) => part.cache)) {
    program.require(
      same.map(({ size, variable }) => [size, variable] as const),
      "<=",
      cache.length,
    );
  }
  if (isolation === "l3") {
    // A cache may have cores of several nodes: then each node has no other.
    for (const [, same] of Map.groupBy(parts, ({ cache }) => cache[0]?.l3)) {
      const nodes = new Set(same.map(({ node }) => node));
      const users =
        nodes.size === 1 ? same.map(({ variable }) => variable) : usersOf(chosen, nodes);
      program.require(
        users.map((variable) => [1, variable] as const),
        "<=",
        1,
      );
    }
  }
  return parts;
}

function usersOf(
  chosen: readonly (readonly [Place, Variable])[],
  nodes: ReadonlySet<number>,
): readonly Variable[] {
  return chosen
    .filter(([place]) => place.cells.some(({ node }) => nodes.has(node)))
    .map(([, variable]) => variable);
}

/** Names the cores: each cell's parts from different caches, those first that give most from now on. */
export function named(
  taken: readonly Place[],
  { nodes }: Offer,
  parts: readonly (CachePart & { readonly times: number })[],
): readonly PackedVm[] {
  const times = new Map(parts.map((part) => [part, part.times]));
  const free = new Map(
    nodes.flatMap(({ cores }) => [...cachesByNode(cores).values()].flat()).map((c) => [c, [...c]]),
  );
  const freeOf = (cache: readonly Core[]): Core[] => {
    const key = [...free.keys()].find((other) => other[0] === cache[0]);
    return key === undefined ? [] : (free.get(key) ?? []);
  };
  const load = (part: CachePart): number =>
    parts
      .filter(({ cache, kind }) => cache === part.cache && kind === part.kind)
      .reduce((sum, other) => sum + (times.get(other) ?? 0), 0);
  return taken.map((place) => ({
    place,
    cores: place.cells.map((cell) => {
      const used = new Set<readonly Core[]>();
      return cell.caches.flatMap((size) => {
        const [best] = parts
          .filter((part) => part.node === cell.node && part.kind === cell.caches.join())
          .filter((part) => part.size === size && !used.has(part.cache))
          .filter((part) => (times.get(part) ?? 0) > 0)
          .toSorted((a, b) => load(b) - load(a));
        if (best === undefined) return [];
        used.add(best.cache);
        times.set(best, (times.get(best) ?? 0) - 1);
        return freeOf(best.cache).splice(0, size);
      });
    }),
  }));
}
