import type { CostModel } from "@evenkeel/core/cost/placement-cost.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import type { LinearProgram, Terms, Values, Variable } from "./linear-program.ts";
import type { Offer, OfferedDevice, OfferedNode } from "./offer.ts";
import {
  extraTerms,
  memoryOf,
  memoryPathCost,
  type Optimum,
  placedCell,
  spreadTerms,
  total,
  whole,
} from "./optimum.ts";

/**
 * The placement of a request without accelerators as integer programs, two for each number of
 * cells until one has a solution: cells of equal parts, the first of which get one more where they
 * do not divide, and, where memory has to lie on its own node, cells of any parts. A 0-1 variable
 * for each node, each NIC, and each cell's one more.
 */
export function onNodes(
  newProgram: () => LinearProgram,
  offer: Offer,
  request: Request,
  model: CostModel,
): Optimum | null {
  const everywhere = request.locality === "interleave";
  const nodes = offer.nodes.filter((node) => node.units > 0 && (everywhere || node.granules > 0));
  for (let cells = 1; cells <= nodes.length; cells++) {
    const base = (): Base => baseProgram(newProgram(), offer, request, nodes, cells);
    const even = evenCells(base(), offer, model, everywhere);
    const any = everywhere ? even : anyCells(base(), offer, model);
    const found = optimum(even, any, cells);
    if (found !== null) return found;
  }
  return null;
}

/** One kind of split as a program, and what its solutions are worth. */
interface Split {
  readonly program: LinearProgram;
  readonly cost: Terms;
  readonly extra: Terms;
  readonly spread: Terms;
  readonly exactCost: (values: Values) => number;
}

/** One objective after the other, the earlier ones held; equal cells go before spread. */
function optimum(even: Split, any: Split, cells: number): Optimum | null {
  const cheapest = any.program.minimize(any.cost);
  if (cheapest === null) return null;
  const both = new Set([even, any]);
  const hold = (of: (split: Split) => Terms, bound: number): void => {
    for (const split of both) split.program.require(of(split), "<=", bound);
  };
  hold(({ cost }) => cost, total(any.cost, cheapest) + 1e-7);
  const alone = any.extra.length === 0 ? cheapest : any.program.minimize(any.extra);
  if (alone === null) throw new Error("what was feasible is no longer");
  const extra = whole(total(any.extra, alone));
  hold((split) => split.extra, extra);
  const equal = even.program.minimize(even.spread);
  const best = equal === null ? any : even;
  const values = equal ?? any.program.minimize(any.spread);
  if (values === null) throw new Error("what was feasible is no longer");
  const cost = any.exactCost(cheapest);
  return {
    cells,
    cost,
    extra,
    uneven: equal === null ? 1 : 0,
    spread: whole(total(best.spread, values)),
    tellsTies: Math.abs(best.exactCost(values) - cost) < 1e-9,
  };
}

interface Base extends Omit<Split, "cost" | "exactCost"> {
  readonly cells: number;
  readonly nodes: readonly (readonly [OfferedNode, Variable])[];
}

/** So many nodes, the NICs, and what both say of extra devices and distances. */
function baseProgram(
  program: LinearProgram,
  offer: Offer,
  request: Request,
  offered: readonly OfferedNode[],
  cells: number,
): Base {
  const nodes = offered.map((node) => [node, program.binary()] as const);
  const isCell = new Map(nodes.map(([{ id }, variable]) => [id, variable]));
  program.require(sum(isCell.values()), "=", cells);
  const wanted = request.nics.count > 0 ? offer.nics : [];
  const nics = wanted.map((nic): readonly [OfferedDevice, Variable] => [nic, program.binary()]);
  program.require(sum(nics.map(([, variable]) => variable)), "=", request.nics.count);
  for (const [{ node }, isChosen] of request.locality === "interleave" ? [] : nics) {
    const home = isCell.get(node ?? -1);
    const below: Terms = home === undefined ? [] : [[-1, home]];
    program.require([[1, isChosen], ...below], "<=", 0);
  }
  const spread = cells === 1 ? [] : spreadTerms(program, isCell, offer);
  return { program, cells, nodes, extra: extraTerms(program, nics), spread };
}

function sum(variables: Iterable<Variable>): Terms {
  return [...variables].map((variable) => [1, variable] as const);
}

/** Cells of any size, at least one of everything each: what their nodes hold must only suffice. */
function anyCells(base: Base, offer: Offer, model: CostModel): Split {
  const { program, cells, nodes } = base;
  for (const kind of ["units", "granules"] as const) {
    const held = nodes.map(([node, variable]) => [node[kind], variable] as const);
    program.require(held, ">=", offer[kind] - 0.5);
    if (offer[kind] < cells) program.require([], ">=", 1);
  }
  // All memory on its own node costs what the nearest memory costs, however it is split.
  const exactCost = (values: Values): number => {
    const taken = nodes.filter(([, variable]) => values(variable) === 1);
    const placed = taken.map(([{ id }]) => placedCell(id, new Map([[id, 1]]), cells));
    return model.cost({ cells: placed, accelerators: [], nics: [] }).total;
  };
  return { ...base, cost: [], exactCost };
}

/** Cells of equal size, up to one that some have more than the rest. */
function evenCells(base: Base, offer: Offer, model: CostModel, everywhere: boolean): Split {
  const { program, nodes } = base;
  const units = equalParts(base, offer.units);
  const granules = equalParts(base, offer.granules);
  const cost: [number, Variable][] = [];
  const onNode = new Map(offer.nodes.map(({ id }) => [id, [] as [number, Variable][]] as const));
  for (const [i, [node, isCell]] of nodes.entries()) {
    const [moreUnits, moreGranules] = [units.more[i] ?? "", granules.more[i] ?? ""];
    program.require(
      [
        [units.base - node.units, isCell],
        [1, moreUnits],
      ],
      "<=",
      0,
    );
    const plain = memoryOf(node.id, granules.base, offer, everywhere);
    const greater = memoryOf(node.id, granules.base + 1, offer, everywhere);
    const price = (memory: ReadonlyMap<number, number>, count: number): number =>
      (model.weights.memory * count * memoryPathCost(node.id, memory, model)) / offer.granules;
    const least = granules.base === 0 ? 0 : price(plain, granules.base);
    cost.push([least, isCell], [price(greater, granules.base + 1) - least, moreGranules]);
    for (const [id, terms] of onNode) {
      const here = plain.get(id) ?? 0;
      terms.push([here, isCell], [(greater.get(id) ?? 0) - here, moreGranules]);
    }
  }
  for (const { id, granules: free } of offer.nodes) {
    program.require(onNode.get(id) ?? [], "<=", free + 0.5);
  }
  const nowhere = everywhere && !offer.nodes.some((node) => node.interleaved);
  if (nowhere) program.require([], ">=", 1);
  const exactCost = (values: Values): number => {
    const placed = nodes.flatMap(([{ id }, isCell], i) => {
      if (values(isCell) !== 1) return [];
      const count = granules.base + values(granules.more[i] ?? "");
      return [placedCell(id, memoryOf(id, count, offer, everywhere), offer.granules)];
    });
    return model.cost({ cells: placed, accelerators: [], nics: [] }).total;
  };
  const { extra, spread } = base;
  // Where memory lies on its own node, its cost is the same for all.
  return { program, extra, spread, cost: everywhere ? cost : [], exactCost };
}

/** What each cell has at least, and for each node whether it is a cell that has one more. */
function equalParts(
  { program, cells, nodes }: Base,
  all: number,
): { readonly base: number; readonly more: readonly Variable[] } {
  const base = Math.floor(all / cells);
  if (base === 0) program.require([], ">=", 1);
  const more = nodes.map(() => program.binary());
  program.require(sum(more), "=", all % cells);
  for (const [i, [, isCell]] of nodes.entries()) {
    const hasMore = more[i] ?? "";
    program.require(
      [
        [1, hasMore],
        [-1, isCell],
      ],
      "<=",
      0,
    );
    for (const [j, [, isEarlier]] of nodes.entries()) {
      if (j >= i) break;
      program.require(
        [
          [1, hasMore],
          [1, isEarlier],
          [-1, more[j] ?? ""],
        ],
        "<=",
        1,
      );
    }
  }
  return { base, more };
}
