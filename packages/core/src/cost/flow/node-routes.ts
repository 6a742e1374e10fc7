import type { Calibration, LoadedPoint } from "../../calibration/calibration.ts";
import type { Topology } from "../../topology/topology.ts";
import { valueOf } from "../../unit/list.ts";
import { fitLatencyCurve, typicalGrowth, typicalSaturation } from "./loaded-latency.ts";
import { nodeFigures, type NodeFigures } from "./node-figures.ts";
import { type Figure, type Resource, resourceOf, type Waiting } from "./resource.ts";

/**
 * The resources of a machine's memory and of the ways between its nodes.
 *
 * Each node's controllers are one resource. From each package to each other is one link, in each
 * direction; it carries the most that any of its pairs of nodes was seen to get, or what is
 * published where packages have several nodes and none of these fills the link. Within a package
 * there is nothing but the controllers, unless a figure of the pair is below what these deliver.
 * Then the pair has a resource of its own, as has a pair of two packages that gets less than their
 * link carries: on sub-NUMA clusters the cores that ask are the limit, and several pairs together
 * get more than one.
 */
export interface NodeRoutes {
  /** The controllers of a node. */
  readonly memory: (node: number) => number;
  /**
   * What data crosses from one node to another, besides the controllers; null for what is unknown.
   */
  readonly route: (from: number, to: number) => readonly (number | null)[];
  /** Of dependent reads on the idle machine. */
  readonly latencyNs: (initiator: number, target: number) => number | null;
}

/** A figure of a pair counts as a limit of its own from this share of its path downwards. */
const narrowerBelow = 0.95;

export function nodeRoutes(
  topology: Topology,
  calibration: Calibration | null,
  positionOf: (resource: Resource) => number,
): NodeRoutes {
  const figures = nodeFigures(topology, calibration);
  const nodes = topology.nodes.map(({ id }) => id);
  const nameOf = linkNames(topology, figures);
  const curveOf = loadedCurves(calibration);
  const memory = new Map(
    nodes.map((node) => {
      const [name, peak] = [`memory of node ${node}`, figures.memoryBandwidth(node)];
      const waiting = memoryWaiting(figures.latency(node, node), curveOf(node));
      return [node, positionOf(resourceOf(name, "memory", peak, waiting))] as const;
    }),
  );
  const links = new Map<string, LinkBetween>();
  for (const from of nodes) {
    for (const to of nodes) addLink(links, nameOf(from, to), figures, from, to);
  }
  const linkOf = new Map(
    [...links].map(([name, link]) => {
      const figure = link.pairs > 1 ? wider(link.figure, figures.linkBandwidth) : link.figure;
      const waiting = linkWaiting({ ...link, figure }, curveOf(link.to));
      return [
        name,
        { position: positionOf(resourceOf(name, "socket-link", figure, waiting)), figure },
      ];
    }),
  );
  const routes = new Map<string, readonly (number | null)[]>();
  for (const from of nodes) {
    for (const to of nodes) {
      const name = nameOf(from, to);
      const link = name === null ? null : valueOf(linkOf, name);
      const limits = [figures.memoryBandwidth(from), link === null ? null : link.figure];
      const own = pairLimit(figures.pairBandwidth(to, from), limits);
      routes.set(pair(from, to), [
        ...(link === null ? [] : [link.position]),
        ...(own === null || from === to
          ? []
          : [positionOf(resourceOf(`path from node ${from} to node ${to}`, "node-link", own))]),
      ]);
    }
  }
  return {
    memory: (node) => valueOf(memory, node),
    route: (from, to) => valueOf(routes, pair(from, to)),
    latencyNs(initiator, target) {
      const figure = figures.latency(initiator, target);
      return figure === null ? null : figure.value;
    },
  };
}

const pair = (from: number, to: number): string => `${from} ${to}`;

interface LinkBetween {
  /** The best of its pairs of nodes. */
  figure: Figure | null;
  pairs: number;
  /** What it adds to the latency of a read on the idle machine. */
  idleNs: number | null;
  /** A node of the package that reads over it, and that node's own memory. */
  readonly to: number;
  readonly ownMemory: Figure | null;
  readonly ownLatency: Figure | null;
}

/** Counts a pair of nodes into the link between their packages. */
function addLink(
  links: Map<string, LinkBetween>,
  name: string | null,
  figures: NodeFigures,
  from: number,
  to: number,
): void {
  if (name === null) return;
  const known = links.get(name) ?? {
    figure: null,
    pairs: 0,
    idleNs: null,
    to,
    ownMemory: figures.memoryBandwidth(to),
    ownLatency: figures.latency(to, to),
  };
  links.set(name, known);
  const measured = figures.pairBandwidth(to, from);
  const figure =
    measured ?? (figures.distanceClass(from, to) === "unknown" ? null : figures.linkBandwidth);
  if (isBetter(figure, known.figure)) known.figure = figure;
  known.pairs++;
  const [far, near] = [figures.latency(to, from), figures.latency(from, from)];
  if (far !== null && near !== null && far.origin === near.origin) {
    const more = Math.max(0, far.value - near.value);
    known.idleNs = known.idleNs === null ? more : Math.min(known.idleNs, more);
  }
}

/** A curve that was measured, as growth and saturation relative to the idle latency. */
interface RelativeCurve {
  readonly growth: number;
  readonly saturation: number;
}

const typicalCurve: RelativeCurve = { growth: typicalGrowth, saturation: typicalSaturation };

/** By node: its own curve, else that of the whole machine, else the typical one. */
function loadedCurves(calibration: Calibration | null): (node: number) => RelativeCurve {
  const relative = (points: readonly LoadedPoint[]): RelativeCurve | null => {
    const curve = fitLatencyCurve(points);
    if (curve === null) return null;
    return { growth: curve.growth, saturation: curve.saturatedNs / curve.idleNs };
  };
  const local = new Map(
    (calibration?.loaded ?? [])
      .filter(({ initiator, target }) => initiator === target)
      .map(({ initiator, points }) => [initiator, relative(points)] as const),
  );
  return (node) => local.get(node) ?? local.get(null) ?? typicalCurve;
}

function memoryWaiting(idle: Figure | null, curve: RelativeCurve): Waiting | null {
  if (idle === null) return null;
  return {
    growthNs: idle.value * curve.growth,
    mostNs: idle.value * (curve.saturation - 1),
  };
}

/**
 * The link grows by its own idle latency. At most the cores of a node have outstanding what fills
 * their own memory; over a link that is so much narrower, the same bytes take so much longer.
 */
function linkWaiting(link: LinkBetween, curve: RelativeCurve): Waiting | null {
  const { figure, idleNs, ownMemory, ownLatency } = link;
  if (idleNs === null || figure === null || ownMemory === null || ownLatency === null) return null;
  const narrower = Math.max(1, ownMemory.value / figure.value);
  return {
    growthNs: idleNs * curve.growth,
    mostNs: Math.max(0, ownLatency.value * curve.saturation * narrower - ownLatency.value - idleNs),
  };
}

/**
 * Of several nodes of a package one may not fill the link: then what is published for the processor
 * says more of it than the best pair, which keeps its own limit.
 */
function wider(best: Figure | null, published: Figure | null): Figure | null {
  if (best === null || published === null || published.origin !== "published") return best;
  return best.value < narrowerBelow * published.value ? published : best;
}

const worth = { calibration: 0, hmat: 1, link: 2, published: 3, generic: 4 } as const;

/** Whether a figure is of a better origin, or of the same and larger. */
function isBetter(figure: Figure | null, known: Figure | null): boolean {
  if (figure === null || known === null) return figure !== null;
  const more = worth[figure.origin] - worth[known.origin];
  return more < 0 || (more === 0 && figure.value > known.value);
}

/** The pair's figure where it is narrower than what is known of its path. */
function pairLimit(figure: Figure | null, limits: readonly (Figure | null)[]): Figure | null {
  if (figure === null) return null;
  const isNarrower = limits.every(
    (limit) => limit === null || figure.value < narrowerBelow * limit.value,
  );
  return isNarrower ? figure : null;
}

/**
 * The node with CPUs that each node hangs on: itself, or for one without CPUs the nearest of a
 * known distance, the lowest of equals; itself where none is known.
 */
function homesOf({ nodes, distances }: Topology): ReadonlyMap<number, number> {
  const withCpus = nodes.flatMap(({ cpus }, i) => (cpus === "" ? [] : [i]));
  return new Map(
    nodes.map((node, i) => {
      if (node.cpus !== "") return [node.id, node.id];
      const only = withCpus.length === 1 ? withCpus[0] : undefined;
      const nearest = only ?? nearestOf(distances?.[i], withCpus);
      const found = nearest === undefined ? undefined : nodes[nearest];
      return [node.id, found === undefined ? node.id : found.id];
    }),
  );
}

function nearestOf(
  row: readonly number[] | undefined,
  candidates: readonly number[],
): number | undefined {
  if (row === undefined) return undefined;
  return candidates.reduce<number | undefined>((best, i) => {
    if (best === undefined) return i;
    const [mine, its] = [row[i], row[best]];
    return mine !== undefined && its !== undefined && mine < its ? i : best;
  }, undefined);
}

/** The link that data crosses from one node to another; null where they are of one package. */
type LinkName = (from: number, to: number) => string | null;

function linkNames(topology: Topology, figures: NodeFigures): LinkName {
  const home = homesOf(topology);
  const packages = new Map(topology.nodes.map((node) => [node.id, node.package]));
  return (from, to) => {
    const [a, b] = [valueOf(home, from), valueOf(home, to)];
    if (a === b || figures.distanceClass(a, b) === "same-package") return null;
    const [packageA, packageB] = [valueOf(packages, a), valueOf(packages, b)];
    if (packageA === null || packageB === null) return `link from node ${a} to node ${b}`;
    return packageA === packageB ? null : `link from package ${packageA} to package ${packageB}`;
  };
}
