import type { CostModel } from "@evenkeel/core/cost/placement-cost.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import type { LinearProgram, Terms, Values, Variable } from "./linear-program.ts";
import type { Offer, OfferedDevice, OfferedNode } from "./offer.ts";
import {
  unrequestedTerms,
  interleavedMemory,
  memoryBy,
  type Optimum,
  placedCell,
  nodeDistanceTerms,
  total,
  whole,
} from "./optimum.ts";

/**
 * The placement of a request without accelerators as integer programs, two for each number of cells
 * until one has a solution: one for equal cells, where some have one more of a remainder; and,
 * where memory must lie on the cell's own node, one for cells of any size. They have a 0-1 variable
 * for each node, for each NIC, and for each cell's one more.
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

/** One kind of split as a program, with the terms of its objective. */
interface Split {
  readonly program: LinearProgram;
  readonly cost: Terms;
  readonly unrequestedDevices: Terms;
  readonly nodeDistanceSum: Terms;
  readonly exactCost: (values: Values) => number;
}

/** Minimizes one part of the objective after the other; equal cells go before node distances. */
function optimum(even: Split, any: Split, cells: number): Optimum | null {
  const cheapest = any.program.minimize(any.cost);
  if (cheapest === null) return null;
  const both = new Set([even, any]);
  const hold = (of: (split: Split) => Terms, bound: number): void => {
    for (const split of both) split.program.require(of(split), "<=", bound);
  };
  hold(({ cost }) => cost, total(any.cost, cheapest) + 1e-7);
  const alone =
    any.unrequestedDevices.length === 0 ? cheapest : any.program.minimize(any.unrequestedDevices);
  if (alone === null) throw new Error("what was feasible is no longer");
  const unrequestedDevices = whole(total(any.unrequestedDevices, alone));
  hold((split) => split.unrequestedDevices, unrequestedDevices);
  const equal = even.program.minimize(even.nodeDistanceSum);
  const best = equal === null ? any : even;
  const values = equal ?? any.program.minimize(any.nodeDistanceSum);
  if (values === null) throw new Error("what was feasible is no longer");
  const cost = any.exactCost(cheapest);
  return {
    cells,
    cost,
    unrequestedDevices,
    unevenCells: equal === null ? 1 : 0,
    nodeDistanceSum: whole(total(best.nodeDistanceSum, values)),
    tellsTies: Math.abs(best.exactCost(values) - cost) < 1e-9,
  };
}

interface Base extends Omit<Split, "cost" | "exactCost"> {
  readonly cells: number;
  readonly nodes: readonly (readonly [OfferedNode, Variable])[];
}

/** The part that both programs share: nodes, NICs, unrequested devices and distances. */
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
    const isItsCell = isCell.get(node);
    const below: Terms = isItsCell === undefined ? [] : [[-1, isItsCell]];
    program.require([[1, isChosen], ...below], "<=", 0);
  }
  const nodeDistanceSum = cells === 1 ? [] : nodeDistanceTerms(program, isCell, offer);
  return {
    program,
    cells,
    nodes,
    unrequestedDevices: unrequestedTerms(program, nics),
    nodeDistanceSum,
  };
}

function sum(variables: Iterable<Variable>): Terms {
  return [...variables].map((variable) => [1, variable] as const);
}

/** Cells of any size, with at least one of everything: their nodes must have enough together. */
function anyCells(base: Base, offer: Offer, model: CostModel): Split {
  const { program, cells, nodes } = base;
  for (const kind of ["units", "granules"] as const) {
    const held = nodes.map(([node, variable]) => [node[kind], variable] as const);
    program.require(held, ">=", offer[kind] - 0.5);
    if (offer[kind] < cells) program.require([], ">=", 1);
  }
  // Memory on the cells' own nodes costs the same however it is split.
  const exactCost = (values: Values): number => {
    const taken = nodes.filter(([, variable]) => values(variable) === 1);
    const placed = taken.map(([{ id }]) => placedCell(id, new Map([[id, 1]]), cells));
    return model.cost({ cells: placed, accelerators: [], nics: [] }).total;
  };
  return { ...base, cost: [], exactCost };
}

/** Cells of equal size, where some have one more. */
function evenCells(base: Base, offer: Offer, model: CostModel, everywhere: boolean): Split {
  const { program, nodes, unrequestedDevices, nodeDistanceSum } = base;
  const units = equalParts(base, offer.units);
  const granules = equalParts(base, offer.granules);
  for (const { node, isCell, more } of units.cells) {
    program.require(
      [
        [units.base - node.units, isCell],
        [1, more],
      ],
      "<=",
      0,
    );
  }
  if (everywhere)
    return {
      program,
      unrequestedDevices,
      nodeDistanceSum,
      ...interleavedCells(base, granules, offer, model),
    };
  for (const { node, isCell, more } of granules.cells) {
    program.require(
      [
        [granules.base - node.granules, isCell],
        [1, more],
      ],
      "<=",
      0,
    );
  }
  const exactCost = (values: Values): number => {
    const placed = nodes.flatMap(([{ id }, isCell]) => {
      return values(isCell) === 1 ? [placedCell(id, new Map([[id, 1]]), base.cells)] : [];
    });
    return model.cost({ cells: placed, accelerators: [], nics: [] }).total;
  };
  // Memory on the cells' own nodes costs the same on all sets of nodes.
  return { program, unrequestedDevices, nodeDistanceSum, cost: [], exactCost };
}

/** Each node as a cell of the base size, or of one granule more. */
function interleavedCells(
  { program }: Base,
  { base, cells }: EqualParts,
  offer: Offer,
  model: CostModel,
): Pick<Split, "cost" | "exactCost"> {
  const sizes = cells.flatMap(({ node, isCell, more }) => {
    const isSmaller = program.binary();
    program.require(
      [
        [1, isSmaller],
        [1, more],
        [-1, isCell],
      ],
      "=",
      0,
    );
    const costOn = (id: number): number =>
      (model.weights.memory * model.memoryPath(node.id, id)) / offer.granules;
    return [
      { node, variable: isSmaller, granules: base, costOn },
      { node, variable: more, granules: base + 1, costOn },
    ];
  });
  const { cost, memory } = interleavedMemory(program, offer, sizes);
  const exactCost = (values: Values): number => {
    const placed = sizes.flatMap(({ node, variable }, i) => {
      const own = memory[i];
      if (own === undefined || values(variable) !== 1) return [];
      return [placedCell(node.id, memoryBy(own, values), offer.granules)];
    });
    return model.cost({ cells: placed, accelerators: [], nics: [] }).total;
  };
  return { cost, exactCost };
}

interface EqualParts {
  /** What each cell has at least. */
  readonly base: number;
  /** For each node, whether it is a cell, and whether it has one more. */
  readonly cells: readonly {
    readonly node: OfferedNode;
    readonly isCell: Variable;
    readonly more: Variable;
  }[];
}

function equalParts({ program, cells, nodes }: Base, all: number): EqualParts {
  const base = Math.floor(all / cells);
  if (base === 0) program.require([], ">=", 1);
  const parts = nodes.map(([node, isCell]) => ({ node, isCell, more: program.binary() }));
  program.require(sum(parts.map(({ more }) => more)), "=", all % cells);
  for (const { isCell, more } of parts) {
    program.require(
      [
        [1, more],
        [-1, isCell],
      ],
      "<=",
      0,
    );
  }
  return { base, cells: parts };
}
