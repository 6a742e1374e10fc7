import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import { planFaults } from "@evenkeel/core/plan/check/plan-check.ts";
import type { Layout } from "@evenkeel/core/placement/layout/layout.ts";
import { search } from "@evenkeel/core/placement/search/search.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { count, countOf, type Tally } from "@evenkeel/core/unit/tally.ts";
import { expect, test } from "vitest";
import { sum, sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * Guest cells of different size on host nodes with different amounts left. Placing cell by cell
 * fails here: OpenStack Nova 26.2.2 (`numa_fit_instance_to_host`) stores each fit under an id that
 * it overwrites, so it misses fits and accepts impossible ones.
 */
interface Left {
  readonly cpus: number;
  readonly gib: number;
  readonly gpus: number;
}

/** A host of nodes with four single-threaded cores and 4 GiB in pages, and with so much left. */
function hostWith(nodes: readonly Left[]): HostState {
  const roots = nodes.map(({ gpus }, i) => (gpus === 0 ? "" : `root*${gpus}[gpu:h100-sxm]@${i}`));
  const gpusInAll = sumOf(nodes, ({ gpus }) => gpus);
  const topology = syntheticTopology(
    `package:${nodes.length} core:4 thread:1 memory:8Gi hugepages:4x1Gi distances:10/21 ${roots.join(" ")}${gpusInAll > 1 ? " nvlink:18" : ""}`,
  );
  const kept = nodes.flatMap(({ cpus }, i) => [0, 1, 2, 3].slice(cpus).map((cpu) => 4 * i + cpu));
  return {
    topology: {
      ...topology,
      nodes: topology.nodes.map((node, i) => ({
        ...node,
        hugepages: node.hugepages?.map((pool) => ({ ...pool, free: at(nodes, i).gib })) ?? null,
      })),
    },
    taken: [],
    policy: {
      ...defaultHostPolicy,
      reserved: { ...defaultHostPolicy.reserved, coresPerNode: 0, cpus: kept.join(",") },
    },
  };
}

const asked = (gpus: number, cpus: number, gib: number): Request =>
  requestOf({ accelerators: accelerators(gpus), vcpus: cpus, memoryBytes: gib * GiB });

/** CPUs, GiB and GPUs of each cell of a plan, by its node; null where there is none. */
function placed(nodes: readonly Left[], request: Request): unknown {
  const host = hostWith(nodes);
  const plan = place([host], request);
  if (plan.kind === "Refusal") return null;
  expect(planFaults(plan, host, request)).toEqual([]);
  return Object.fromEntries(
    plan.cells.map((cell) => [
      cell.hostNode,
      [cell.vcpus.length, cell.memoryBytes / GiB, cell.accelerators.length],
    ]),
  );
}

const left = (cpus: number, gib: number, gpus: number): Left => ({ cpus, gib, gpus });

test("cells of 2 and 4 CPUs fit nodes that have 2, 4 and 2 left, in whatever order", () => {
  const [small, large, bare] = [left(2, 2, 1), left(4, 4, 2), left(2, 2, 0)];
  const request = asked(3, 6, 6);
  expect(placed([small, large, bare], request)).toEqual({ 0: [2, 2, 1], 1: [4, 4, 2] });
  expect(placed([large, small, bare], request)).toEqual({ 0: [4, 4, 2], 1: [2, 2, 1] });
  expect(placed([bare, small, large], request)).toEqual({ 1: [2, 2, 1], 2: [4, 4, 2] });
  expect(placed([small, large, small], request)).toEqual({ 0: [2, 2, 1], 1: [4, 4, 2] });
  // The first has GPUs enough, but not the CPUs for two of them.
  const short = left(2, 2, 2);
  expect(placed([short, large, bare], request)).toEqual({ 0: [2, 2, 1], 1: [4, 4, 2] });
});

test("cells of 2, 2 and 4 CPUs do not fit three nodes that have 2 left, nor where 4 are elsewhere", () => {
  const request = asked(4, 8, 8);
  const [one, two] = [left(2, 2, 1), left(2, 2, 2)];
  expect(placed([one, one, two], request)).toBeNull();
  expect(placed([two, one, one], request)).toBeNull();
  // Now there is enough in all, yet not beside the two GPUs.
  expect(placed([left(4, 4, 1), one, two], request)).toBeNull();
  expect(placed([left(4, 4, 2), one, left(2, 2, 1)], request)).toEqual({
    0: [4, 4, 2],
    1: [2, 2, 1],
    2: [2, 2, 1],
  });
});

test("without GPUs, cells differ in size where equal ones fit nowhere", () => {
  const nodes = [left(2, 2, 0), left(4, 4, 0), left(2, 2, 0)];
  expect(placed(nodes, asked(0, 6, 6))).toEqual({ 0: [2, 2, 0], 1: [4, 4, 0] });
  expect(placed(nodes, asked(0, 8, 8))).toEqual({ 0: [2, 2, 0], 1: [4, 4, 0], 2: [2, 2, 0] });
  expect(placed(nodes, asked(0, 9, 8))).toBeNull();
});

test("the remainder goes to cells with room, one each, the lowest first", () => {
  const [small, large] = [left(2, 2, 1), left(3, 2, 1)];
  expect(placed([small, large], asked(2, 5, 3))).toEqual({ 0: [2, 2, 1], 1: [3, 1, 1] });
  expect(placed([large, small], asked(2, 5, 3))).toEqual({ 0: [3, 2, 1], 1: [2, 1, 1] });
  const three = [left(2, 3, 1), left(4, 3, 1), left(4, 2, 1)];
  expect(placed(three, asked(3, 8, 7))).toEqual({ 0: [2, 3, 1], 1: [3, 2, 1], 2: [3, 2, 1] });
  expect(placed([left(2, 3, 0), left(3, 4, 0)], asked(0, 5, 7))).toEqual({
    0: [2, 3, 0],
    1: [3, 4, 0],
  });
  // A share of half a core is none: that cell gets one first.
  expect(placed([left(4, 4, 1), left(4, 4, 4)], asked(5, 4, 5))).toEqual({
    0: [1, 1, 1],
    1: [3, 4, 4],
  });
});

test("a host and its mirror image hold the same requests", () => {
  let taken = 0;
  for (const [cpus, gib] of amounts([0, 1, 2, 3, 4])) {
    for (const [otherCpus, otherGib] of amounts([0, 1, 2, 3, 4])) {
      const nodes = [left(cpus, gib, 1), left(otherCpus, otherGib, 1)];
      const [host, mirrored] = [hostWith(nodes), hostWith(nodes.toReversed())];
      for (const request of [asked(2, 5, 3), asked(2, 3, 5), asked(0, 5, 7), asked(0, 7, 5)]) {
        const found = search(host, request) !== null;
        if (found) taken++;
        expect({ nodes, request, found: search(mirrored, request) !== null }).toEqual({
          nodes,
          request,
          found,
        });
      }
    }
  }
  expect(taken).toBeGreaterThan(100);
});

/** What each node gives: `[cpus, gib]`, both 0 where the VM has no cell. */
type Parts = readonly (readonly [cpus: number, gib: number])[];

/** A placement in this test's terms: fewest cells are best, then equal ones without GPUs. */
interface Way {
  readonly cells: number;
  readonly unevenCells: number;
  readonly parts: Parts;
}

/** All best placements, by trying every placement. */
function expected(nodes: readonly Left[], request: Request): readonly Way[] {
  const gib = request.memoryBytes / GiB;
  const ways =
    request.accelerators.count > 0
      ? beside(nodes, request.accelerators.count, request.vcpus, gib)
      : on(nodes, request.vcpus, gib);
  const [best] = ways.toSorted(compare);
  return best === undefined ? [] : ways.filter((way) => compare(way, best) === 0);
}

const compare = (a: Way, b: Way): number => a.cells - b.cells || a.unevenCells - b.unevenCells;

/** Every choice of GPUs whose nodes have enough cores and memory. */
function beside(nodes: readonly Left[], gpus: number, cpus: number, gib: number): Way[] {
  return choices(nodes.map((node) => node.gpus))
    .filter((taken) => sum(taken) === gpus)
    .flatMap((taken) => {
      const ofCpus = handedOut(
        cpus,
        taken,
        nodes.map((node) => node.cpus),
      );
      const ofGib = handedOut(
        gib,
        taken,
        nodes.map((node) => node.gib),
      );
      const cells = taken.filter((own) => own > 0).length;
      const [first, memory] = [ofCpus[0], ofGib[0]];
      if (first === undefined || memory === undefined) return [];
      return [
        { cells, unevenCells: 0, parts: first.map((own, i) => [own, at(memory, i)] as const) },
      ];
    });
}

/**
 * Every split of a total by GPUs, the lowest cells first: each cell has at least its share, rounded
 * down, and at least one; of the remainder no cell has two more than another cell with room.
 */
function handedOut(total: number, gpus: readonly number[], rooms: readonly number[]): number[][] {
  const shares = gpus.map((own) => Math.floor((total * own) / sum(gpus)));
  const beyond = (parts: readonly number[], cell: number): number =>
    at(parts, cell) - at(shares, cell);
  const cells = [...gpus.keys()].filter((cell) => at(gpus, cell) > 0);
  return choices(rooms.map((room, cell) => (cells.includes(cell) ? room : 0)))
    .filter((parts) => sum(parts) === total)
    .filter((parts) => cells.every((cell) => at(parts, cell) > 0 && beyond(parts, cell) >= 0))
    .filter((parts) =>
      cells.every((one) =>
        cells.every(
          (other) =>
            beyond(parts, one) < beyond(parts, other) + 2 || at(parts, other) === at(rooms, other),
        ),
      ),
    )
    .toSorted((a, b) => descending(a, b));
}

/** Every set of nodes, and every split over it that is as equal as the nodes allow. */
function on(nodes: readonly Left[], cpus: number, gib: number): Way[] {
  return choices(nodes.map(() => 1)).flatMap((chosen) => {
    const cells = sum(chosen);
    const splits = (all: number, has: (node: Left) => number): number[][] => {
      const rooms = nodes.map((node, i) => (at(chosen, i) > 0 ? has(node) : 0));
      const found = choices(rooms)
        .filter((parts) => sum(parts) === all)
        .filter((parts) => parts.every((part, i) => part > 0 === at(chosen, i) > 0));
      const least = Math.min(...found.map(range));
      return found.filter((parts) => range(parts) === least).toSorted(descending);
    };
    const [ofCpus] = splits(cpus, (node) => node.cpus);
    const [ofGib] = splits(gib, (node) => node.gib);
    if (ofCpus === undefined || ofGib === undefined) return [];
    const unevenCells = range(ofCpus) <= 1 && range(ofGib) <= 1 ? 0 : 1;
    return [{ cells, unevenCells, parts: ofCpus.map((own, i) => [own, at(ofGib, i)] as const) }];
  });
}

/** The difference between the largest cell and the smallest. */
function range(parts: readonly number[]): number {
  const used = parts.filter((part) => part > 0);
  return Math.max(...used) - Math.min(...used);
}

function descending(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((part, i) => part !== b[i]);
  return differs < 0 ? 0 : at(b, differs) - at(a, differs);
}

/** Every list of whole numbers up to the given ones. */
function choices(upTo: readonly number[]): number[][] {
  const [first, ...rest] = upTo;
  if (first === undefined) return [[]];
  return choices(rest).flatMap((tail) => Array.from({ length: first + 1 }, (_, n) => [n, ...tail]));
}

const amounts = (values: readonly number[]): readonly (readonly [number, number])[] =>
  values.flatMap((cpus) => values.map((gib) => [cpus, gib] as const));

test.each([
  { gpus: [1, 2], of: amounts([0, 1, 2, 3, 4]) },
  { gpus: [2, 1, 1], of: amounts([0, 2, 4]) },
  { gpus: [1, 2, 2], of: amounts([1, 2, 4]) },
  { gpus: [1, 1, 1], of: amounts([2, 3, 4]) },
  { gpus: [2, 1, 2], of: amounts([2, 3, 4]) },
  {
    gpus: [1, 2, 0, 1],
    of: [
      [0, 0],
      [2, 2],
      [4, 2],
      [2, 4],
      [4, 4],
    ] as const,
  },
])(
  "the search finds a best placement on nodes with $gpus GPUs and any amounts left",
  ({ gpus, of }) => {
    const requests = [
      asked(3, 6, 6),
      asked(3, 5, 6),
      asked(2, 4, 3),
      asked(2, 5, 3),
      asked(4, 8, 8),
      asked(0, 6, 6),
      asked(0, 7, 5),
      asked(0, 5, 7),
      asked(0, 8, 8),
    ];
    const seen: Tally<string> = new Map();
    for (const parts of choices(gpus.map(() => of.length - 1))) {
      const nodes = parts.map((part, i) => left(...at(of, part), at(gpus, i)));
      const host = hostWith(nodes);
      for (const request of requests) {
        const best = search(host, request)?.best ?? null;
        const found = best === null ? null : wayOf(best, nodes);
        const ways = expected(nodes, request);
        const what = JSON.stringify({ nodes, request: request.name });
        if (found === null) expect(ways, what).toEqual([]);
        else expect(ways, what).toContainEqual(found);
        count(
          seen,
          found === null ? "none" : `${found.cells} cells, unevenCells ${found.unevenCells}`,
        );
      }
    }
    // There were cases of every kind.
    expect(countOf(seen, "none")).toBeGreaterThan(20);
    expect(countOf(seen, "2 cells, unevenCells 0")).toBeGreaterThan(20);
    expect(countOf(seen, "2 cells, unevenCells 1")).toBeGreaterThan(0);
  },
);

/** The layout in this test's terms. */
function wayOf({ cells, objective }: Layout, nodes: readonly Left[]): Way {
  const parts = nodes.map((_, node) => {
    const cell = cells.find((one) => one.node === node);
    if (cell === undefined) return [0, 0] as const;
    return [
      sum(cell.units.map((part) => part.count)),
      sum(cell.granules.map((part) => part.count)),
    ] as const;
  });
  return { cells: objective.cells, unevenCells: objective.unevenCells, parts };
}
