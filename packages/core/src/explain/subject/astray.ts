import type { Evidence, MemoryMapping, ThreadEvidence } from "../../evidence/evidence.ts";
import { isHugepage } from "../../plan/plan.ts";
import { difference, indexSet, isEmpty } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import { sum, sumOf } from "../../unit/sum.ts";
import { count, countOf, type Tally } from "../../unit/tally.ts";
import { percent } from "../../verify/verdict/check.ts";
import { acquitted, irrelevant, type Judgement, untold } from "./cause.ts";
import { type Home, nodesOfCell } from "./home.ts";
import { type ByNode, spreadOf } from "./spread.ts";
import type { Subject } from "./subject.ts";

/** Less than this is noise: an emulator and page tables lie where they like. */
const noticed = 0.02;

/** A mapping, and how much of it lies where it should not. */
export interface AstrayMapping {
  readonly mapping: MemoryMapping;
  readonly bytes: number;
}

/** Memory of a subject that lies on nodes where it does not belong. */
export interface Astray {
  readonly home: Home;
  readonly bytes: number;
  readonly total: number;
  /** What lies elsewhere, by ascending node. */
  readonly elsewhere: ByNode;
  /** Where all of it is, for a price: memory that is in order without CPUs counts as at home. */
  readonly spread: ByNode;
  /** The same for each node of the guest whose memory is known. */
  readonly cells: ReadonlyMap<number, { readonly memory: ByNode }>;
  readonly mappings: readonly AstrayMapping[];
}

/**
 * The memory that lies elsewhere than a subject belongs, or the judgement where there is none or
 * nobody can tell.
 *
 * The memory of a VM with several nodes counts as at home on any of its nodes: whether each of the
 * guest's has its own is the guest's to be told (`vnuma-untrue`).
 *
 * Memory without CPUs needs care. That of a GPU is in order wherever it shows, as a program puts
 * pages there to have them on the GPU; so is high-bandwidth memory beside a node where the subject
 * belongs. Memory expanders (CXL) and persistent memory are slower than the node's own.
 */
export function astrayOf({
  evidence,
  memory,
  memoryByNode,
  workers,
  home,
  topology,
}: Subject): Astray | Judgement {
  if (evidence.of === "machine") return irrelevant;
  if (memory === null || memoryByNode === null) return untold("its numa_maps was not read");
  if (topology === null) return untold("the machine was not read: evidence of it would tell");
  if (home === null) return untold(whyNoHome);
  const total = sum(memoryByNode.values());
  if (total === 0) return irrelevant;
  const elsewhere: Tally<number> = new Map();
  const mappings: AstrayMapping[] = [];
  const cells = new Map<number, { readonly memory: Tally<number> }>();
  let unsure = 0;
  for (const mapping of memory) {
    const nodes = nodesOfCell(home, mapping.cell);
    const spread: Tally<number> = new Map();
    let astray = 0;
    for (const { node, bytes } of mapping.onNodes) {
      const place = placeOf(node, home.nodes, topology);
      if (place === "unsure") unsure += bytes;
      if (place !== "elsewhere") for (const own of nodes) count(spread, own, bytes / nodes.size);
      else if (bytes > 0) {
        astray += bytes;
        count(elsewhere, node, bytes);
        count(spread, node, bytes);
      }
    }
    if (astray > 0) mappings.push({ mapping, bytes: astray });
    if (mapping.cell !== null) addTo(cells, mapping.cell, spread);
  }
  const bytes = sum(elsewhere.values());
  if (bytes < total * noticed) {
    return bytes + unsure < total * noticed
      ? acquitted(`${percent(total - bytes, total)} of it is on ${home.why}`)
      : untold("what kind of memory a node without CPUs has is not known");
  }
  if (mayUseAll(evidence, home, workers, topology, elsewhere)) {
    return acquitted("its threads may run on all nodes where its memory is");
  }
  const sorted = new Map([...elsewhere].toSorted(([a], [b]) => a - b));
  const spread = spreadWith(elsewhere, total, home);
  return { home, bytes, total, elsewhere: sorted, spread, cells, mappings };
}

/**
 * Whether a program's threads may run wherever its memory is. Without an accelerator nothing says
 * that one of these nodes is better for it than another.
 */
function mayUseAll(
  { of }: Evidence,
  { isBesideAccelerators }: Home,
  workers: readonly ThreadEvidence[] | null,
  topology: Topology,
  elsewhere: ByNode,
): boolean {
  if (of === "vm" || isBesideAccelerators || workers === null || workers.length === 0) return false;
  const spread = spreadOf(workers, topology);
  return spread !== null && [...elsewhere.keys()].every((node) => countOf(spread, node) > 0);
}

function addTo(
  cells: Map<number, { readonly memory: Tally<number> }>,
  cell: number,
  spread: ByNode,
): void {
  const { memory } = cells.get(cell) ?? { memory: new Map<number, number>() };
  for (const [node, bytes] of spread) count(memory, node, bytes);
  cells.set(cell, { memory });
}

function spreadWith(elsewhere: ByNode, total: number, home: Home): ByNode {
  const spread: Tally<number> = new Map(elsewhere);
  const rest = total - sum(elsewhere.values());
  if (rest > 0) for (const node of home.nodes) count(spread, node, rest / home.nodes.size);
  return spread;
}

/** Why nobody can say where a subject belongs. */
export const whyNoHome =
  "where it belongs is not known: the nodes of its accelerators, its size and its machine would tell";

/** Whether memory on a node is where it belongs. */
function placeOf(
  id: number,
  home: ReadonlySet<number>,
  topology: Topology,
): "home" | "elsewhere" | "unsure" {
  if (home.has(id)) return "home";
  const node = topology.nodes.find((one) => one.id === id);
  if (node === undefined) return "elsewhere";
  if (node.cpus === null) return "unsure";
  if (node.cpus !== "") return "elsewhere";
  if (node.kind === null) return "unsure";
  if (node.kind === "gpu") return "home";
  if (node.kind !== "hbm") return "elsewhere";
  const nearest = nearestWithCpus(node, topology);
  if (nearest === null) return "unsure";
  return home.has(nearest) ? "home" : "elsewhere";
}

function nearestWithCpus({ id }: MemoryNode, { nodes, distances }: Topology): number | null {
  if (distances === null) return null;
  const row = at(
    distances,
    nodes.findIndex((node) => node.id === id),
  );
  const others = nodes.flatMap((node, i) =>
    node.cpus === "" ? [] : [{ id: node.id, distance: at(row, i) }],
  );
  return others.toSorted((a, b) => a.distance - b.distance)[0]?.id ?? null;
}

/**
 * How the pages of a mapping came to lie elsewhere, by its policy: nothing held them (`unbound`);
 * the policy spreads them (`interleaved`), names other nodes (`sent`), or names none but the nodes
 * where they belong (`kept`). Null where the policy was not read.
 */
export type Route = "unbound" | "interleaved" | "sent" | "kept";

/** The route of a mapping. */
export function routeOf({ policy }: MemoryMapping, home: Home): Route | null {
  if (policy === null) return null;
  if (policy.mode === "default" || policy.mode === "local") return "unbound";
  if (policy.mode.endsWith("interleave")) return "interleaved";
  const beyond = difference(setOf(policy.nodes), indexSet(home.nodes));
  return isEmpty(beyond) ? "kept" : "sent";
}

/** Whether a mapping is made of pages from a pool of huge pages; null where that is unknown. */
export function isPooled({ pageBytes }: MemoryMapping): boolean | null {
  return pageBytes === null ? null : isHugepage(pageBytes);
}

/**
 * The mappings that fulfil a condition, if most of what lies elsewhere is theirs. The one reason of
 * most of it is told, so that no page is explained twice.
 *
 * @param otherwise what acquits where most of it does not.
 * @param unread what was not read where the condition cannot be told.
 */
export function mostOf(
  { mappings, bytes }: Astray,
  condition: (mapping: MemoryMapping) => boolean | null,
  otherwise: string,
  unread: string,
): readonly AstrayMapping[] | Judgement {
  const bytesOf = (some: readonly AstrayMapping[]): number => sumOf(some, (one) => one.bytes);
  const asked = mappings.map((one) => ({ ...one, is: condition(one.mapping) }));
  const own = asked.filter(({ is }) => is === true);
  if (bytesOf(own) * 2 > bytes) return own;
  const unknown = asked.filter(({ is }) => is === null);
  return bytesOf([...own, ...unknown]) * 2 > bytes ? untold(unread) : acquitted(otherwise);
}

/** The kernel's lines on some mappings, as evidence. */
export function linesOf(mappings: readonly AstrayMapping[]): string[] {
  return mappings.slice(0, 4).map(({ mapping: { where, line } }) => `${where}: ${line}`);
}

/** Whether this is a judgement rather than something to judge by. */
export function isJudged(value: object): value is Judgement {
  return "kind" in value;
}
