import type { CostModel, Placed } from "@evenkeel/core/cost/placement-cost.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { LinearProgram, Terms, Values, Variable } from "./linear-program.ts";
import { handOut, type NodeShare, nodeShares } from "./node-shares.ts";
import type { Offer, OfferedDevice } from "./offer.ts";
import {
  unrequestedTerms,
  interleavedMemory,
  memoryBy,
  type MemoryTerms,
  type Optimum,
  pairsOf,
  placedCell,
  nodeDistanceTerms,
  total,
  whole,
} from "./optimum.ts";

/**
 * The placement of a request with accelerators as an integer program.
 *
 * It has a 0-1 variable for each accelerator and NIC, and for each option of a node to be a cell:
 * how many accelerators of its own it has. An option determines the share of cores and memory, so
 * a share that the node cannot give is no option. The remainder of each cell is a variable of its
 * own. Products (both of a pair chosen, the nearest NIC of an accelerator) are variables that the
 * costs, being positive, drive to the product's value.
 *
 * It is solved once for each part of the objective, with the earlier parts held at their optimum.
 */
export function besideAccelerators(
  program: LinearProgram,
  offer: Offer,
  request: Request,
  model: CostModel,
): Optimum | null {
  const chosen = choices(program, offer, request);
  const options = cellOptions(program, offer, request, model, chosen);
  requireLinks(program, offer, request, chosen.accelerators);
  const count: Terms = [...options.isCell.values()].map((variable) => [1, variable] as const);
  const fewest = program.minimize(count);
  if (fewest === null) return null;
  const cells = whole(total(count, fewest));
  program.require(count, "=", cells);

  const costTerms = [
    ...options.costTerms,
    ...peerTerms(program, chosen.accelerators, request, model),
    ...networkTerms(program, chosen, request, model),
  ];
  const exactCost = (values: Values): number =>
    model.cost(placement(chosen, options, values, offer)).total;
  const cheapest = program.minimize(costTerms);
  if (cheapest === null) throw new Error("what was feasible is no longer");
  const cost = exactCost(cheapest);
  program.require(costTerms, "<=", total(costTerms, cheapest) + 1e-7);

  const unrequested = unrequestedTerms(program, [...chosen.accelerators, ...chosen.nics]);
  const fewestUnrequested = unrequested.length === 0 ? cheapest : program.minimize(unrequested);
  if (fewestUnrequested === null) throw new Error("what was feasible is no longer");
  const unrequestedDevices = whole(total(unrequested, fewestUnrequested));
  program.require(unrequested, "<=", unrequestedDevices);
  const distanceTerms = cells === 1 ? [] : nodeDistanceTerms(program, options.isCell, offer);
  const nearest = distanceTerms.length === 0 ? fewestUnrequested : program.minimize(distanceTerms);
  if (nearest === null) throw new Error("what was feasible is no longer");
  return {
    cells,
    cost,
    unrequestedDevices,
    unevenCells: 0,
    nodeDistanceSum: whole(total(distanceTerms, nearest)),
    tellsTies: Math.abs(exactCost(nearest) - cost) < 1e-9,
  };
}

export type Choice = readonly [OfferedDevice, Variable];

export interface Choices {
  readonly accelerators: readonly Choice[];
  readonly nics: readonly Choice[];
}

/** Chooses as many of each as asked for; on a host with partitions, exactly one partition. */
export function choices(
  program: LinearProgram,
  { topology, ...offer }: Offer,
  request: Request,
): Choices {
  const wanted = (list: readonly OfferedDevice[], count: number): Choice[] => {
    const chosen = list.map((device) => [device, program.binary()] as const);
    program.require(sum(chosen), "=", count);
    return chosen;
  };
  const { count } = request.accelerators;
  const accelerators = wanted(offer.accelerators, count);
  const nics = request.nics.count === 0 ? [] : wanted(offer.nics, request.nics.count);
  if (topology.partitions.length > 0) {
    const left = new Set(accelerators.map(([{ address }]) => address));
    const partitions = topology.partitions
      .filter((partition) => partition.accelerators.length === count)
      .filter((partition) => partition.accelerators.every((address) => left.has(address)))
      .map((partition) => [partition, program.binary()] as const);
    for (const [{ address }, isChosen] of accelerators) {
      const having = partitions.filter(([partition]) => partition.accelerators.includes(address));
      const members = having.map(([, variable]) => [-1, variable] as const);
      program.require([[1, isChosen], ...members], "=", 0);
    }
    const one = partitions.map(([, variable]) => [1, variable] as const);
    program.require(one, "=", 1);
  }
  return { accelerators, nics };
}

export const sum = (chosen: readonly Choice[], factor = 1): Terms =>
  chosen.map(([, variable]) => [factor, variable] as const);

/** One option of a node to be a cell. */
interface CellOption extends NodeShare {
  readonly variable: Variable;
}

interface CellOptions {
  readonly all: readonly CellOption[];
  readonly isCell: ReadonlyMap<number, Variable>;
  readonly costTerms: Terms;
  /** The memory of each option, where it is chosen. */
  readonly memory: readonly MemoryTerms[];
}

function cellOptions(
  program: LinearProgram,
  offer: Offer,
  request: Request,
  model: CostModel,
  { accelerators, nics }: Choices,
): CellOptions {
  const { count } = request.accelerators;
  const everywhere = request.locality === "interleave";
  const on = (id: number): Choice[] => accelerators.filter(([{ node }]) => node === id);
  const isCell = new Map<number, Variable>();
  const all: CellOption[] = [];
  for (const node of offer.nodes) {
    const own = on(node.id);
    const options = nodeShares(offer, count, node, own.length).flatMap((share): CellOption[] => {
      const hasMemory = everywhere || share.granules <= node.granules;
      if (share.units > node.units || !hasMemory) return [];
      // The cell that has one more granule matters to the cost, and none has two more.
      const more = everywhere ? [0, 1] : [0];
      return more.flatMap((one): CellOption[] => {
        const granules = share.granules + one;
        if (everywhere && granules === 0) return [];
        return [{ ...share, granules, variable: program.binary() }];
      });
    });
    if (options.length === 0) {
      // Its accelerators cannot be chosen: a chosen one makes its node a cell.
      program.require(sum(own), "=", 0);
      continue;
    }
    all.push(...options);
    const variable = program.binary();
    isCell.set(node.id, variable);
    program.require([...of(options, () => 1), [-1, variable]], "=", 0);
    program.require([...of(options, (option) => option.own), ...sum(own, -1)], "=", 0);
  }
  const amounts = {
    units: { count, amount: offer.units },
    granules: { count, amount: offer.granules },
  };
  const room = (has: number, share: number): number => Math.min(count, has - share);
  handOut(
    program,
    all,
    amounts.units,
    ({ node, units }) => room(node.units, units),
    (option) => option.units,
  );
  for (const [{ node }, isChosen] of everywhere ? [] : nics) {
    const isItsCell = isCell.get(node);
    program.require(
      [[1, isChosen], ...(isItsCell === undefined ? [] : [[-1, isItsCell] as const])],
      "<=",
      0,
    );
  }
  if (everywhere)
    return { all, isCell, ...interleavedOptions(program, offer, request, model, all) };
  const more = handOut(
    program,
    all,
    amounts.granules,
    ({ node, granules }) => room(node.granules, granules),
    (option) => option.granules,
  );
  // Memory on the cell's own node costs the same, whichever cell has more of it.
  const memory = all.map(({ node, granules, variable }): MemoryTerms => {
    const own = more.get(node.id);
    return new Map([
      [node.id, [[granules, variable], ...(own === undefined ? [] : [[1, own] as const])]],
    ]);
  });
  const { hostToDevice } = model.weights;
  const copies = of(
    all,
    ({ node, own }) => (hostToDevice * own * model.copyPath(node.id, node.id)) / count,
  );
  return { all, isCell, costTerms: copies, memory };
}

function interleavedOptions(
  program: LinearProgram,
  offer: Offer,
  request: Request,
  model: CostModel,
  all: readonly CellOption[],
): Pick<CellOptions, "costTerms" | "memory"> {
  const { count } = request.accelerators;
  const { weights } = model;
  requireWhole(program, all, offer, count);
  const { cost, memory } = interleavedMemory(
    program,
    offer,
    all.map(({ node, own, granules, variable }) => ({
      variable,
      granules,
      costOn: (id) => {
        const copies = own * model.copyPath(node.id, id);
        return (
          (weights.memory * model.memoryPath(node.id, id)) / offer.granules +
          (weights.hostToDevice * copies) / (count * granules)
        );
      },
    })),
  );
  return { costTerms: cost, memory };
}

const of = <W extends { readonly variable: Variable }>(
  options: readonly W[],
  factor: (option: W) => number,
): Terms => options.map((option) => [factor(option), option.variable] as const);

/**
 * Requires that all cells together have the whole memory; options say which has one granule more.
 */
export function requireWhole(
  program: LinearProgram,
  options: readonly Pick<CellOption, "own" | "granules" | "variable">[],
  { granules: amount }: Offer,
  count: number,
): void {
  program.require(
    of(options, ({ own, granules }) => {
      const more = granules - Math.floor((amount * own) / count);
      return count * more - ((amount * own) % count);
    }),
    "=",
    0,
  );
}

/** Excludes every pair of accelerators that is not connected as asked for. */
export function requireLinks(
  program: LinearProgram,
  { topology }: Offer,
  request: Request,
  accelerators: readonly Choice[],
): void {
  const { link } = request.accelerators;
  if (link === "any") return;
  // A GPU below the same switch is so with a direct link too.
  const between = interconnects(link === "switch" ? { ...topology, links: [] } : topology);
  for (const [[a, isA], [b, isB]] of pairsOf(accelerators)) {
    const path = between(a.address, b.address) ?? "";
    const direct = path.startsWith("NV") || path.startsWith("XGMI");
    if (link === "nvlink" ? direct : path === "PIX") continue;
    program.require(
      [
        [1, isA],
        [1, isB],
      ],
      "<=",
      1,
    );
  }
}

/** The mean cost of the chosen pairs. A chosen accelerator is in a pair with each other one. */
export function peerTerms(
  program: LinearProgram,
  accelerators: readonly Choice[],
  request: Request,
  model: CostModel,
): Terms {
  const { count } = request.accelerators;
  if (count < 2) return [];
  const costs = pairsOf(accelerators).map(([[a], [b]]) => model.peerPair(a.address, b.address));
  const [only = 1, ...others] = new Set(costs);
  // Where all pairs cost the same, each accelerator adds the same part in every set.
  if (others.length === 0) return sum(accelerators, (model.weights.peer * only) / count);
  const pairs = pairsOf(accelerators).map(([[a, isA], [b, isB]]) => {
    const both = program.amount();
    for (const isOne of [isA, isB]) {
      program.require(
        [
          [1, both],
          [-1, isOne],
        ],
        "<=",
        0,
      );
    }
    return { a, b, both, cost: model.peerPair(a.address, b.address) };
  });
  for (const [device, isChosen] of accelerators) {
    const own = pairs.filter(({ a, b }) => a === device || b === device);
    const all = own.map(({ both }) => [1, both] as const);
    program.require([...all, [1 - count, isChosen]], "=", 0);
  }
  const weight = model.weights.peer / ((count * (count - 1)) / 2);
  return pairs.map(({ cost, both }) => [weight * cost, both] as const);
}

/** The mean cost from every chosen device to the nearest chosen one of the other kind. */
export function networkTerms(
  program: LinearProgram,
  { accelerators, nics }: Choices,
  request: Request,
  model: CostModel,
): Terms {
  if (nics.length === 0) return [];
  const weight = model.weights.network / (request.accelerators.count + request.nics.count);
  const toNearest = (
    from: readonly Choice[],
    to: readonly Choice[],
    cost: (from: OfferedDevice, to: OfferedDevice) => number,
  ): Terms =>
    from.flatMap(([device, isChosen]) => {
      const reached = to.map(([other, isThere]) => {
        const isNearest = program.amount();
        program.require(
          [
            [1, isNearest],
            [-1, isThere],
          ],
          "<=",
          0,
        );
        return [cost(device, other), isNearest] as const;
      });
      const one = reached.map(([, variable]) => [1, variable] as const);
      program.require([...one, [-1, isChosen]], "=", 0);
      return reached.map(([price, variable]) => [weight * price, variable] as const);
    });
  return [
    ...toNearest(accelerators, nics, (a, nic) => model.networkPair(a.address, nic.address)),
    ...toNearest(nics, accelerators, (nic, a) => model.networkPair(a.address, nic.address)),
  ];
}

/** The solution as the cost model takes it, which gives its exact cost. */
function placement(
  { accelerators, nics }: Choices,
  options: CellOptions,
  values: Values,
  offer: Offer,
): Placed {
  const taken = options.all.flatMap((option, i) => {
    const memory = options.memory[i];
    return values(option.variable) === 1 && memory !== undefined ? [{ ...option, memory }] : [];
  });
  return {
    cells: taken.map(({ node, memory }) =>
      placedCell(node.id, memoryBy(memory, values), offer.granules),
    ),
    accelerators: accelerators
      .filter(([, variable]) => values(variable) === 1)
      .map(([{ address, node }]) => {
        return { address, node, cell: taken.findIndex((option) => option.node.id === node) };
      }),
    nics: nics.filter(([, variable]) => values(variable) === 1).map(([{ address }]) => address),
  };
}
