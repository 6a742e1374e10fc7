import type { CostModel } from "@evenkeel/core/cost/placement-cost.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import {
  type Choices,
  choices,
  networkTerms,
  peerTerms,
  requireLinks,
  requireWhole,
  sum,
} from "./beside-accelerators.ts";
import type { LinearProgram, Terms, Variable } from "./linear-program.ts";
import { handOut, type NodeShare, nodeShares } from "./node-shares.ts";
import type { Offer, OfferedNode } from "./offer.ts";
import { total, whole } from "./optimum.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** The cells of a placement that strays, with bounds on its cost. */
export interface StrayingBound {
  readonly cells: number;
  readonly costAtLeast: number;
  /** The cost of the best placement without straying cores; null where there is none. */
  readonly costAtMost: number | null;
}

/**
 * The placement under `preferred` of a request that does not fit strictly, as an integer program:
 * whether there is one, its cells, and bounds on its cost.
 *
 * The cost has only bounds, because straying is not chosen by total cost: cores and memory each
 * stray as little as they can. Where no core strays, the program puts memory where it costs least.
 * Where cores stray, the path from cores to memory is a product of two amounts, which no linear
 * program can express, so the program takes it for the best path. So the lower bound is that of all
 * placements, and the upper bound that of placements whose cores stay: a search that finds none as
 * good has missed one.
 */
export function straying(
  program: LinearProgram,
  offer: Offer,
  request: Request,
  model: CostModel,
): StrayingBound | null {
  const all = (kind: "units" | "granules"): number =>
    sumOf(offer.nodes, (node) => Math.max(0, node[kind]));
  const holds = all("units") >= offer.units && all("granules") >= offer.granules;
  if (!holds || offer.nics.length < request.nics.count) return null;
  if (request.accelerators.count > 0) return straysBeside(program, offer, request, model);
  // One cell holds everything, wherever its memory comes from.
  const withCores = offer.nodes.filter((node) => node.units > 0);
  const leastOf = (nodes: typeof withCores): number =>
    Math.min(...nodes.map((node) => aloneCost(node, offer, model)));
  const staying = withCores.filter((node) => node.units >= offer.units);
  return {
    cells: 1,
    costAtLeast: leastOf(withCores),
    costAtMost: staying.length === 0 ? null : leastOf(staying),
  };
}

/**
 * The cost of one cell: with the nearest memory where its cores stay, otherwise 1, a lower bound.
 */
function aloneCost({ id, units }: OfferedNode, offer: Offer, model: CostModel): number {
  if (units < offer.units) return 1;
  let missing = offer.granules;
  let memory = 0;
  const nearest = offer.nodes
    .map((node) => ({ path: model.memoryPath(id, node.id), free: node.granules }))
    .toSorted((a, b) => a.path - b.path);
  for (const { path, free } of nearest) {
    const count = Math.min(missing, free);
    memory += (count * path) / offer.granules;
    missing -= count;
  }
  return 1 + model.weights.memory * (memory - 1);
}

function straysBeside(
  program: LinearProgram,
  offer: Offer,
  request: Request,
  model: CostModel,
): StrayingBound | null {
  const chosen = choices(program, offer, request);
  requireLinks(program, offer, request, chosen.accelerators);
  const { count, cost, coresStray } = cellsAndMemory(program, offer, request, model, chosen);
  const fewest = program.minimize(count);
  if (fewest === null) return null;
  const cells = whole(total(count, fewest));
  program.require(count, "=", cells);
  const terms = [
    ...cost,
    ...peerTerms(program, chosen.accelerators, request, model),
    ...networkTerms(program, chosen, request, model),
  ];
  const cheapest = program.minimize(terms);
  if (cheapest === null) throw new Error("what was feasible is no longer");
  // A part that does not apply costs 1.
  const { peer, network } = model.weights;
  const constant =
    (request.accelerators.count < 2 ? peer : 0) + (request.nics.count === 0 ? network : 0);
  const costAtLeast = total(terms, cheapest) + constant;
  if (cheapest(coresStray) === 0) return { cells, costAtLeast, costAtMost: costAtLeast };
  program.require([[1, coresStray]], "=", 0);
  const staying = program.minimize(terms);
  return { cells, costAtLeast, costAtMost: staying && total(terms, staying) + constant };
}

interface CellOption extends NodeShare {
  readonly variable: Variable;
}

/** The cells as in a strict placement, but with memory, and if necessary cores, from anywhere. */
function cellsAndMemory(
  program: LinearProgram,
  offer: Offer,
  request: Request,
  model: CostModel,
  { accelerators }: Choices,
): { readonly count: Terms; readonly cost: Terms; readonly coresStray: Variable } {
  const { count } = request.accelerators;
  const on = (id: number): Choices["accelerators"] =>
    accelerators.filter(([{ node }]) => node === id);
  const isCell = new Map<number, Variable>();
  const all = offer.nodes.flatMap((node) => {
    const own = on(node.id);
    // The cell with one granule more matters to the cost; none has two more, as all have room.
    const options = nodeShares(offer, count, node, own.length).flatMap((share) =>
      [0, 1].flatMap((one): CellOption[] => {
        const granules = share.granules + one;
        return granules === 0 ? [] : [{ ...share, granules, variable: program.binary() }];
      }),
    );
    if (options.length === 0) {
      program.require(sum(own), "=", 0);
      return [];
    }
    const variable = program.binary();
    isCell.set(node.id, variable);
    program.require([...of(options, () => 1), [-1, variable]], "=", 0);
    program.require([...of(options, (option) => option.own), ...sum(own, -1)], "=", 0);
    return options;
  });
  requireWhole(program, all, offer, count);
  const units = { count, amount: offer.units };
  const moreUnits = handOut(
    program,
    all,
    units,
    () => 1,
    (option) => option.units,
  );
  return {
    count: [...isCell.values()].map((variable) => [1, variable] as const),
    ...memoryTerms(program, offer, request, model, all, moreUnits),
  };
}

const of = (options: readonly CellOption[], factor: (option: CellOption) => number): Terms =>
  options.map((option) => [factor(option), option.variable] as const);

/** Every cell's memory by node, and its cost for devices and cores. */
function memoryTerms(
  program: LinearProgram,
  offer: Offer,
  request: Request,
  model: CostModel,
  options: readonly CellOption[],
  moreUnits: ReadonlyMap<number, Variable>,
): { readonly cost: Terms; readonly coresStray: Variable } {
  const { count } = request.accelerators;
  const toDevices: [number, Variable][] = [];
  const toCpus: [number, Variable][] = [];
  const onNode = new Map(offer.nodes.map(({ id }) => [id, [] as [number, Variable][]] as const));
  for (const { node, own, granules, variable } of options) {
    const share = granules / offer.granules;
    const parts = offer.nodes
      .filter((other) => other.granules > 0)
      .map(({ id }) => {
        const part = program.amount();
        const copy = model.copyPath(node.id, id);
        toDevices.push([(model.weights.hostToDevice * own * copy) / count, part]);
        toCpus.push([share * model.memoryPath(node.id, id), part]);
        onNode.get(id)?.push([share, part]);
        return [1, part] as const;
      });
    program.require([...parts, [-1, variable]], "=", 0);
  }
  for (const { id, granules } of offer.nodes) {
    program.require(onNode.get(id) ?? [], "<=", granules / offer.granules + 1e-8);
  }
  const coresStray = program.binary();
  const all: [number, Variable][] = [];
  for (const [id, more] of moreUnits) {
    const own = options.filter(({ node }) => node.id === id);
    // With its share alone the cell may already stray, or have no room for more.
    const roomOf = (option: CellOption): number => Math.min(1, option.node.units - option.units);
    const rooms = own.map((option) => [-Math.max(-1, roomOf(option)), option.variable] as const);
    const beyond = [[1, more], ...rooms] as const;
    const strays = program.binary();
    program.require([...beyond, [-2, strays]], "<=", 0);
    program.require([...beyond, [-2, strays]], ">=", -1);
    program.require(
      [
        [1, coresStray],
        [-1, strays],
      ],
      ">=",
      0,
    );
    all.push([1, strays]);
  }
  program.require([...all, [-1, coresStray]], ">=", 0);
  const memory = program.amount();
  program.require([[1, memory]], ">=", 1);
  const paths = options.flatMap(({ node }) =>
    offer.nodes.map((other) => model.memoryPath(node.id, other.id)),
  );
  const longest = Math.max(1, ...paths);
  program.require(
    [[1, memory], [longest, coresStray], ...toCpus.map(([f, v]) => [-f, v] as const)],
    ">=",
    0,
  );
  return { cost: [...toDevices, [model.weights.memory, memory]], coresStray };
}
