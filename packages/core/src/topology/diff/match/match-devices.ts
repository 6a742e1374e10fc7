import type { Topology } from "../../topology.ts";
import { at } from "../../../unit/list.ts";
import { sumOf } from "../../../unit/sum.ts";
import { colorsOf } from "./colors.ts";
import { type DeviceGraph, deviceGraph, type Edge } from "./graph.ts";
import { queueOf } from "./queue.ts";

/** Functions by address, and host bridges by name: the first machine's by the second's. */
export type Matching = ReadonlyMap<string, string>;

/**
 * Matches functions and host bridges of equal names, whatever they are; only a bridge never takes
 * the place of a device.
 */
export function matchNames(a: Topology, b: Topology): Matching {
  const [own, there] = [a, b].map(({ pci }) => [
    ...pci.map(({ address, class: code }) => [address, code.startsWith("0604")] as const),
    ...pci.map(({ root }) => [root, true] as const),
  ]);
  const bridges = new Map(there);
  return new Map(
    (own ?? []).flatMap(([name, isBridge]) =>
      bridges.get(name) === isBridge ? [[name, name] as const] : [],
    ),
  );
}

/**
 * Matches the functions and host bridges of two machines by what they are and what they are
 * connected to, whatever their addresses.
 *
 * It is a greedy matching of graphs by seed and extension. The pair that is most alike is matched
 * first; each match raises the pairs of neighbors that are connected to it in one way, and lowers
 * those that are not. How alike two vertices are in themselves is told by their node, their UUIDs,
 * and by the rounds of color refinement in which they have one color: on two machines that differ
 * by names alone, vertices of one color are exchangeable as far as refinement can tell, and the
 * extension keeps what was chosen consistent. First only vertices of one model are matched, then
 * those of one kind beside others that are matched (a device that took the place of another).
 *
 * Where several pairs are as good, equal names go first, then equal ranks by name, so that the
 * answer is the same every time. The cost is the square of the vertices of one model; of more than
 * 128 only pairs of equal rank or name are tried, and those beside others that are matched.
 */
export function matchDevices(a: Topology, b: Topology): Matching {
  const graphs = [deviceGraph(a), deviceGraph(b)] as const;
  const [{ vertices }, other] = graphs;
  const byModel: KeyOf = ({ model }) => model;
  const byKind: KeyOf = ({ kind }) => kind;
  const search = searchOf(graphs);
  search.extend(pairsOf(graphs, byModel, vertices.keys(), other.vertices.keys()), byModel);
  search.extend(search.besideMatched(byKind), byKind);
  return new Map(
    vertices.flatMap(({ name, is }, i) => {
      const match = search.matchOf(i);
      return is === "group" || match === null ? [] : [[name, at(other.vertices, match).name]];
    }),
  );
}

type Graphs = readonly [DeviceGraph, DeviceGraph];
type KeyOf = (vertex: DeviceGraph["vertices"][number]) => string;
type Pair = readonly [x: number, y: number];

/** The largest number of vertices of one key of which all pairs are tried. */
const ALL_PAIRS_MAX = 128;

/** The pairs of one key: all of few vertices, those of equal rank or name of many. */
function pairsOf(
  [a, b]: Graphs,
  key: KeyOf,
  own: Iterable<number>,
  there: Iterable<number>,
): readonly Pair[] {
  const others = Map.groupBy(there, (y) => key(at(b.vertices, y)));
  return [...Map.groupBy(own, (x) => key(at(a.vertices, x)))].flatMap(([name, xs]) => {
    const ys = others.get(name) ?? [];
    if (xs.length <= ALL_PAIRS_MAX && ys.length <= ALL_PAIRS_MAX) {
      return xs.flatMap((x) => ys.map((y): Pair => [x, y]));
    }
    const named = new Map(ys.map((y) => [at(b.vertices, y).name, y]));
    return xs.flatMap((x, rank) =>
      [ys[rank], named.get(at(a.vertices, x).name)].flatMap((y): Pair[] =>
        y === undefined ? [] : [[x, y]],
      ),
    );
  });
}

interface Candidate {
  readonly score: number;
  readonly x: number;
  readonly y: number;
}

interface Search {
  /** Matches what it can, from these pairs and those beside them, of vertices with one key. */
  readonly extend: (pairs: readonly Pair[], key: KeyOf) => void;
  /** The pairs of which one has a neighbor whose match is the same neighbor of the other. */
  readonly besideMatched: (key: KeyOf) => readonly Pair[];
  readonly matchOf: (x: number) => number | null;
}

function searchOf(graphs: Graphs): Search {
  const [a, b] = graphs;
  const matches = new Map<number, number>();
  const matched = new Map<number, number>();
  const alike = likenessOf(graphs);
  const edges = [edgeSets(a), edgeSets(b)] as const;
  const scoreOf = (x: number, y: number): number =>
    alike(x, y) +
    sumOf(at(a.edges, x), (edge) => agreement(edge, matches, at(edges[1], y))) +
    sumOf(at(b.edges, y), (edge) => agreement(edge, matched, at(edges[0], x)));
  const isFree = (x: number, y: number): boolean => !matches.has(x) && !matched.has(y);
  const beside = (key: KeyOf, x: number, y: number): readonly Pair[] => {
    const there = Map.groupBy(at(b.edges, y), ({ label }) => label);
    return [...Map.groupBy(at(a.edges, x), ({ label }) => label)].flatMap(([label, own]) => {
      const free = own.flatMap(({ to }) => (matches.has(to) ? [] : to));
      const others = (there.get(label) ?? []).flatMap(({ to }) => (matched.has(to) ? [] : to));
      return pairsOf(graphs, key, free, others);
    });
  };
  return {
    matchOf: (x) => matches.get(x) ?? null,
    besideMatched: (key) => [...matches].flatMap(([x, y]) => beside(key, x, y)),
    extend(pairs, key) {
      const queue = queueOf<Candidate>(isBefore);
      const offer = ([x, y]: Pair): void => {
        if (isFree(x, y)) queue.push({ score: scoreOf(x, y), x, y });
      };
      pairs.forEach(offer);
      for (let next = queue.pop(); next !== null; next = queue.pop()) {
        const { x, y, score } = next;
        if (!isFree(x, y)) continue;
        // Matches since then may have lowered it; where they raised it, it was offered again.
        if (scoreOf(x, y) < score) {
          offer([x, y]);
          continue;
        }
        matches.set(x, y);
        matched.set(y, x);
        beside(key, x, y).forEach(offer);
      }
    },
  };
}

/** By vertex: its edges as texts, to look them up. */
function edgeSets({ edges }: DeviceGraph): readonly ReadonlySet<string>[] {
  return edges.map((own) => new Set(own.map(edgeText)));
}

const edgeText = ({ label, to }: Edge): string => `${label} ${to}`;

/** Equal scores go by equal names, which are a part of it, then by ranks, both ways alike. */
function isBefore(one: Candidate, other: Candidate): boolean {
  const apart = ({ x, y }: Candidate): number => Math.abs(x - y);
  if (one.score !== other.score) return one.score > other.score;
  if (apart(one) !== apart(other)) return apart(one) < apart(other);
  return one.x + one.y !== other.x + other.y ? one.x + one.y < other.x + other.y : one.x < other.x;
}

/** What an edge to a matched neighbor says for a pair: is it in both machines? */
function agreement(
  { to, label }: Edge,
  matches: ReadonlyMap<number, number>,
  others: ReadonlySet<string>,
): number {
  const match = matches.get(to);
  if (match === undefined) return 0;
  return others.has(edgeText({ label, to: match })) ? weights.edge : -weights.edge;
}

/** A place in the tree outweighs what a round of refinement says, and a unit's own number all. */
const weights = {
  uuid: 1000,
  node: 12,
  edge: 6,
  round: 2,
  state: 2,
  around: 0.25,
  slot: 1,
  name: 0.5,
} as const;

/** How alike two vertices are in themselves and in their neighborhoods. */
function likenessOf([a, b]: Graphs): (x: number, y: number) => number {
  const rounds = colorsOf(a, b, ({ traits }) => traits);
  const states = colorsOf(a, b, ({ traits, state }) => `${traits} ${state}`);
  return (x, y) => {
    const [one, other] = [at(a.vertices, x), at(b.vertices, y)];
    const same = (of: typeof rounds): number =>
      of.filter(([own, there]) => own?.[x] === there?.[y]).length;
    return (
      (one.uuid !== null && one.uuid === other.uuid ? weights.uuid : 0) +
      (one.node === other.node ? weights.node : 0) +
      weights.round * same(rounds) +
      weights.around * same(states) +
      (one.state === other.state ? weights.state : 0) +
      (one.slot === other.slot ? weights.slot : 0) +
      (one.name === other.name ? weights.name : 0)
    );
  };
}
