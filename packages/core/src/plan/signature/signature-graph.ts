import { canonicalJson } from "../../hash/canonical-json.ts";
import { at, valueOf } from "../../unit/list.ts";
import type { LabeledEdge, LabeledGraph } from "./canonical-form.ts";
import type { SignatureCell, SignatureInput } from "./signature-input.ts";
import { sumOf } from "../../unit/sum.ts";

/**
 * A placement as a labeled graph without names:
 *
 * - a vertex for every cell (its pages and memory policy), host node (the kind of its memory) and
 *   device (its kind, model and link)
 * - from a cell to each node that it has anything on: whether the node is its own, how much memory,
 *   and which cores by their class, grouped by last-level cache
 * - between nodes their distance as class and rank, between devices their interconnect
 * - from a device to its cell and to its node
 *
 * So a cell that strays (cores, memory or a device on another node than its own) differs from one
 * that does not, and the other node counts by its distance and not by its number. A cache that
 * cores of several cells or nodes share, and a pool that vCPUs float over, get vertices of their
 * own, since no single edge could group them.
 */
export function signatureGraph(input: SignatureInput): LabeledGraph {
  const graph = graphBuilder();
  const nodes = input.nodes.map(({ memoryKind }) => graph.vertex({ vertex: "node", memoryKind }));
  for (const [from, row] of input.distances.entries()) {
    for (const [to, { class: kind, rank }] of row.entries()) {
      if (from !== to) graph.edge(at(nodes, from), at(nodes, to), { distance: kind, rank });
    }
  }
  const groups = input.cells.flatMap(coreGroups);
  const places = Map.groupBy(groups, ({ l3 }) => l3);
  const isShared = ({ l3 }: CoreGroup): boolean => l3 !== null && valueOf(places, l3).length > 1;
  const cells = input.cells.map((cell, index) => {
    const own = groups.filter((group) => group.cell === index && !isShared(group));
    const vertexOfCell = graph.vertex({
      vertex: "cell",
      pageBytes: cell.pageBytes,
      memoryPolicy: cell.memoryPolicy,
      caches: cachesOn(null, own),
    });
    for (const [node, vertex] of nodes.entries()) {
      const holding = {
        host: cell.hostNode === node,
        memoryBytes: bytesOn(node, cell),
        caches: cachesOn(node, own),
      };
      if (holding.host || holding.memoryBytes > 0 || holding.caches.length > 0) {
        graph.edge(vertexOfCell, vertex, holding);
      }
    }
    return vertexOfCell;
  });
  const vertices: Vertices = { nodes, cells };
  addSharedCaches(graph, groups.filter(isShared), vertices);
  addPools(graph, input, vertices);
  addDevices(graph, input, vertices);
  return graph.built();
}

/** The vertices of the nodes and of the cells, by their positions in the input. */
interface Vertices {
  readonly nodes: readonly number[];
  readonly cells: readonly number[];
}

/**
 * The cores that one cell has on one node below one cache, each as "2 of 2 threads" with its class
 * where there are several, sorted.
 */
interface CoreGroup {
  readonly cell: number;
  readonly node: number | null;
  readonly l3: number | null;
  readonly cores: readonly string[];
}

function coreGroups({ cores }: SignatureCell, cell: number): CoreGroup[] {
  const groups = Map.groupBy(cores, ({ node, l3 }) => `${node} ${l3}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const described = group.map(({ vcpus, threads, class: of }) =>
      of === null
        ? `${vcpus} of ${threads} threads`
        : `${vcpus} of ${threads} threads, class ${of}`,
    );
    return [{ cell, node: first.node, l3: first.l3, cores: described.toSorted() }];
  });
}

/** The multiset of caches by the cores that the cell has below each. */
function cachesOn(node: number | null, own: readonly CoreGroup[]): string[] {
  return own
    .filter((group) => group.node === node)
    .map(({ l3, cores }) => canonicalJson({ known: l3 !== null, cores }))
    .toSorted();
}

function bytesOn(node: number, { memory }: SignatureCell): number {
  const parts = memory.filter((part) => part.node === node);
  return sumOf(parts, ({ bytes }) => bytes);
}

function addSharedCaches(
  graph: GraphBuilder,
  groups: readonly CoreGroup[],
  { cells, nodes }: Vertices,
): void {
  const vertices = groups.map(({ cores }) => graph.vertex({ vertex: "cache", cores }));
  for (const [i, { cell, node, l3 }] of groups.entries()) {
    const vertex = at(vertices, i);
    graph.edge(vertex, at(cells, cell), "of");
    if (node !== null) graph.edge(vertex, at(nodes, node), "on");
    for (const [j, other] of groups.entries()) {
      if (i !== j && other.l3 === l3) graph.edge(vertex, at(vertices, j), "same cache");
    }
  }
}

function addPools(graph: GraphBuilder, input: SignatureInput, { cells, nodes }: Vertices): void {
  for (const [cell, { pools }] of input.cells.entries()) {
    for (const { nodes: within, classes, vcpus } of pools) {
      const label = { vertex: "pool", vcpus, ...(classes.length > 0 && { classes }) };
      const pool = graph.vertex(label);
      graph.edge(pool, at(cells, cell), "of");
      for (const node of within) graph.edge(pool, at(nodes, node), "on");
    }
  }
}

function addDevices(graph: GraphBuilder, input: SignatureInput, { cells, nodes }: Vertices): void {
  const devices = input.devices.map(({ kind, model, vendor, device, maxSpeedGTs, maxWidth }) =>
    graph.vertex({ vertex: "device", kind, model, vendor, device, maxSpeedGTs, maxWidth }),
  );
  for (const [i, { cell, node }] of input.devices.entries()) {
    const vertex = at(devices, i);
    graph.edge(vertex, at(cells, cell), "of");
    if (node !== null) graph.edge(vertex, at(nodes, node), "on");
    for (const [j, interconnect] of at(input.interconnects, i).entries()) {
      if (i !== j) graph.edge(vertex, at(devices, j), interconnect ?? "unknown");
    }
  }
}

interface GraphBuilder {
  readonly vertex: (label: unknown) => number;
  readonly edge: (from: number, to: number, label: unknown) => void;
  readonly built: () => LabeledGraph;
}

function graphBuilder(): GraphBuilder {
  const vertices: string[] = [];
  const edges: LabeledEdge[] = [];
  return {
    vertex: (label) => vertices.push(canonicalJson(label)) - 1,
    edge: (from, to, label) => void edges.push({ from, to, label: canonicalJson(label) }),
    built: () => ({ vertices, edges }),
  };
}
