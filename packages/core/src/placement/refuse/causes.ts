import { at } from "../../unit/list.ts";
import { countOf } from "../../unit/tally.ts";
import { interleaveNodes } from "../search/locality/interleave.ts";
import { knownPools } from "../../topology/node-facts.ts";
import { acceleratorCauses } from "./accelerator-causes.ts";
import type { Cause } from "./cause.ts";
import { type Choice, weightsOf } from "./choices.ts";
import {
  type Lack,
  lacksEvenly,
  lacksInterleaved,
  lacksOfShares,
  lacksPooled,
  lacksTogether,
  type Rooms,
  type Rule,
} from "./lacks.ts";
import { type Amounts, countOn, roomsOn, type Stock } from "./stock.ts";

/** The causes that keep a request off a choice of nodes; null where no mending could help. */
type CausesOf = (choice: Choice) => readonly Cause[] | null;

/**
 * Finds the causes that keep a request off a choice of nodes.
 *
 * Once nodes and the distribution of accelerators are fixed, the search asks for things that do not
 * depend on each other: accelerators, that they are connected and a partition, cores, memory, NICs.
 * Each is counted by itself on what there is of it (`stock.ts`), and what it lacks is a minimal
 * list (`lacks.ts`). So all lists together are the causes: mended they make the request fit there,
 * and each of them alone keeps it off. Only isolation concerns two of them, cores and memory; it
 * is a cause where they would not do although their own lacks are mended.
 */
export function causesOn(stock: Stock): CausesOf {
  const { request, inventory } = stock.space;
  const { locality } = request;
  const accelerators = acceleratorCauses(stock);
  const nicsOf = nicCauses(stock);
  return (choice) => {
    const units = unitsTask(stock, choice);
    const granules = granulesTask(stock, choice);
    if (units === null || granules === null) return null;
    return [
      ...accelerators(choice),
      ...isolationCauses(stock, locality === "preferred" ? inventory.nodeIds : choice.nodes, [
        units,
        granules,
      ]),
      ...units.causes,
      ...granules.causes,
      ...nicsOf(locality === "strict" ? choice.nodes : null),
    ];
  };
}

/** One resource on the nodes that it must be on, with what these lack. */
interface Task {
  readonly nodes: readonly number[];
  readonly amounts: Amounts;
  readonly rule: Rule;
  readonly lacks: readonly Lack[];
  readonly causes: readonly Cause[];
}

function taskOf(
  stock: Stock,
  nodes: readonly number[],
  amounts: Amounts,
  rule: Rule | null,
  codeOf: (lack: Lack) => Cause["code"],
): Task | null {
  if (rule === null) return null;
  const lacks = rule(roomsOn(stock, amounts.open, nodes));
  const causes = lacks.map((lack): Cause => ({
    code: codeOf(lack),
    nodes: lack.places.map((place) => at(nodes, place)),
    needs: lack.needs,
    has: lack.has,
  }));
  return { nodes, amounts, rule, lacks, causes };
}

function unitsTask(stock: Stock, choice: Choice): Task | null {
  const { request, units, inventory } = stock.space;
  const short = request.isolation === "shared" ? "cpus-short" : "cores-short";
  const codeOf = ({ has }: Lack): Cause["code"] => (has === null ? "cores-unknown" : short);
  const weights = weightsOf(choice);
  if (request.locality === "preferred") {
    const rule = maySplit(units, weights) ? lacksPooled(units) : null;
    return taskOf(stock, inventory.nodeIds, stock.units, rule, codeOf);
  }
  const cells = choice.nodes.length;
  const rule =
    weights !== null
      ? lacksOfShares(units, weights)
      : request.locality === "strict"
        ? lacksTogether(units, cells)
        : lacksEvenly(units, cells);
  return taskOf(stock, choice.nodes, stock.units, rule, codeOf);
}

function granulesTask(stock: Stock, choice: Choice): Task | null {
  const { space } = stock;
  const { request, granules, inventory } = space;
  const codeOf = memoryCode(stock);
  const weights = weightsOf(choice);
  if (request.locality === "preferred") {
    const rule = maySplit(granules, weights) ? lacksPooled(granules) : null;
    return taskOf(stock, inventory.nodeIds, stock.granules, rule, codeOf);
  }
  const cells = choice.nodes.length;
  switch (request.locality) {
    case "strict": {
      const rule =
        weights === null ? lacksTogether(granules, cells) : lacksOfShares(granules, weights);
      return taskOf(stock, choice.nodes, stock.granules, rule, codeOf);
    }
    case "interleave": {
      const over = interleaveNodes(space);
      // Without any node to interleave over, memory on the first cell's node makes it one.
      const nodes = over.length > 0 ? over : choice.nodes.slice(0, 1);
      const rule = lacksInterleaved(granules, nodes.length, { cells, weights });
      return taskOf(stock, nodes, over.length > 0 ? stock.granules : noMemory(stock), rule, codeOf);
    }
  }
}

/** Whether a total can be split over cells at all: each of them has some. */
function maySplit(total: number, weights: readonly number[] | null): boolean {
  return weights === null || lacksOfShares(total, weights) !== null;
}

function memoryCode({ space }: Stock): (lack: Lack) => Cause["code"] {
  const size = space.request.hugepageBytes;
  const hasPool = space.topology.nodes
    .flatMap(knownPools)
    .some((pool) => pool.sizeBytes === size && pool.total > 0);
  const short = size === null ? "memory-short" : hasPool ? "hugepages-short" : "hugepages-absent";
  return ({ has }) => (has === null ? "memory-unknown" : short);
}

/** The memory of nodes that have none, or none that is known, less what is kept of it. */
function noMemory({ space, granules }: Stock): Amounts {
  const rooms = space.topology.nodes.map(({ memoryBytes }, i) =>
    memoryBytes === null ? null : at(granules.open, i),
  );
  return { open: rooms, closed: rooms, closedByVms: rooms, closedAsUnknown: rooms };
}

/**
 * What isolation closes is one cause for all nodes of a way, and cores of unknown caches another:
 * each where cores or memory do not do without it.
 */
function isolationCauses(
  { space, isClosed, units }: Stock,
  nodes: readonly number[],
  tasks: readonly Task[],
): readonly Cause[] {
  const position = (id: number): number => space.inventory.nodeIds.indexOf(id);
  const holds = (kind: keyof Amounts): boolean =>
    tasks.every((task) => {
      const isShut = (place: number): boolean =>
        kind !== "closedAsUnknown" && isClosed(position(at(task.nodes, place)));
      const rooms = task.nodes.map((id) => at(task.amounts[kind], position(id)));
      return task.rule(mended(rooms, task.lacks, isShut)).length === 0;
    });
  if (holds("closed")) return [];
  const needs = space.units;
  const has = nodes.reduce((all, id) => all + Math.max(0, known(units.closed, position(id))), 0);
  const byUnknown = !holds("closedAsUnknown");
  const byVms = !holds("closedByVms") || !byUnknown;
  return [
    ...(byVms ? [{ code: "isolation-conflict", nodes, needs, has } as const] : []),
    ...(byUnknown ? [{ code: "cache-unknown", nodes, needs, has: null } as const] : []),
  ];
}

function known(rooms: Rooms, position: number): number {
  const room = at(rooms, position);
  return room === null ? 0 : room;
}

/** The rooms after what they lack has been added, as far as a place is not shut. */
function mended(rooms: Rooms, lacks: readonly Lack[], isShut: (place: number) => boolean): Rooms {
  const after = [...rooms];
  for (const { places, needs, has } of lacks) {
    const place = places.find((one) => !isShut(one));
    if (place === undefined) continue;
    const room = at(after, place);
    // Several places together were counted without what one of them is overdrawn.
    const before = room === null || has === null ? 0 : places.length > 1 ? Math.max(0, room) : room;
    after[place] = before + needs - (room === null || has === null ? 0 : has);
  }
  return after;
}

/** @param nodes those that NICs must be on; null for any. */
function nicCauses({
  space,
  nics,
  unknownNics,
}: Stock): (nodes: readonly number[] | null) => readonly Cause[] {
  const { count } = space.request.nics;
  return (nodes) => {
    const near = nodes === null ? space.inventory.nodeIds : nodes;
    const has = countOn(nics, near);
    if (has >= count) return [];
    const maybe = countOn(unknownNics, [...near, null]);
    const unplaced = countOf(nics, null);
    const on = nodes === null ? [] : nodes;
    return has + maybe + unplaced >= count
      ? [{ code: "nics-unknown", nodes: on, needs: count, has: null }]
      : [{ code: "nics-short", nodes: on, needs: count, has }];
  };
}
