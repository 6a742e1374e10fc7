import * as fc from "fast-check";
import type { NodeDistance } from "../../src/cost/node-distance.ts";
import { at } from "../../src/unit/list.ts";
import type {
  SignatureCell,
  SignatureCore,
  SignatureDevice,
  SignatureInput,
  SignatureNode,
} from "../../src/plan/signature/signature-input.ts";
import { permutations, shuffled } from "./small-graphs.ts";

/** The most nodes, cells and devices of an input. */
export interface InputBounds {
  readonly nodesMax: number;
  readonly cellsMax: number;
  readonly devicesMax: number;
}

/**
 * Placements as inputs of a signature, with few different values, so that cells and devices are
 * often equal, and with everything that can stray: memory, cores, devices, caches of several cells.
 */
export function arbitrarySignatureInput(bounds: InputBounds): fc.Arbitrary<SignatureInput> {
  return fc
    .record({
      nodes: fc.array(arbitraryNode, { minLength: 1, maxLength: bounds.nodesMax }),
      cells: fc.integer({ min: 1, max: bounds.cellsMax }),
      devices: fc.integer({ min: 0, max: bounds.devicesMax }),
    })
    .chain(({ nodes, cells, devices }) =>
      fc.record<SignatureInput>({
        isolation: fc.constantFrom("core", "node"),
        cpuModel: fc.constantFrom("a processor", null),
        threadsPerCore: fc.constant(2),
        partitioned: fc.constant(false),
        nodes: fc.constant(nodes),
        distances: square(nodes.length, arbitraryDistance),
        cells: exactly(cells, arbitraryCell(nodes.length)),
        devices: exactly(devices, arbitraryDevice(nodes.length, cells)),
        interconnects: square(devices, fc.constantFrom("NV18", "PIX", null)).map(mirrored),
      }),
    );
}

const exactly = <T>(count: number, of: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(of, { minLength: count, maxLength: count });

const square = <T>(size: number, of: fc.Arbitrary<T>): fc.Arbitrary<T[][]> =>
  exactly(size, exactly(size, of));

/** An interconnect is the same from both ends, and none leads from a device to itself. */
function mirrored<T>(rows: readonly (readonly (T | null)[])[]): (T | null)[][] {
  return rows.map((row, i) =>
    row.map((_, j) => (i === j ? null : at(at(rows, Math.min(i, j)), Math.max(i, j)))),
  );
}

const arbitraryNode: fc.Arbitrary<SignatureNode> = fc.record({
  memoryKind: fc.constantFrom("dram", "dram", "dram", "cxl"),
});

const arbitraryDistance: fc.Arbitrary<NodeDistance> = fc.constantFrom(
  { class: "remote", rank: 0, slit: 21 },
  { class: "remote", rank: 0, slit: 21 },
  { class: "same-package", rank: 0, slit: 12 },
);

function arbitraryCell(nodes: number): fc.Arbitrary<SignatureCell> {
  const node = fc.nat({ max: nodes - 1 });
  return fc.record<SignatureCell>({
    hostNode: node,
    memoryPolicy: fc.constantFrom("strict", "strict", "interleave"),
    pageBytes: fc.constant(4096),
    memory: fc
      .uniqueArray(node, { minLength: 1, maxLength: 2 })
      .map((ids) => ids.map((id) => ({ node: id, bytes: 8192 }))),
    cores: fc.array(
      fc.record<SignatureCore>({
        node,
        l3: fc.constantFrom(0, 1, null),
        class: fc.constantFrom<SignatureCore["class"]>(null, null, null, 0, 1, "unknown"),
        vcpus: fc.constantFrom(2, 2, 1),
        threads: fc.constant(2),
      }),
      { maxLength: 3 },
    ),
    pools: fc.oneof(
      fc.constant([]),
      fc
        .uniqueArray(node, { minLength: 1, maxLength: 2 })
        .chain((floatingOver) =>
          fc
            .constantFrom<readonly number[]>([], [], [0], [0, 1])
            .map((classes) => [{ nodes: floatingOver, classes, vcpus: 2 }]),
        ),
    ),
  });
}

function arbitraryDevice(nodes: number, cells: number): fc.Arbitrary<SignatureDevice> {
  return fc.record<SignatureDevice>({
    kind: fc.constantFrom("accelerator", "accelerator", "nic"),
    model: fc.constantFrom("H100", "H100", null),
    vendor: fc.constant("10de"),
    device: fc.constant("2330"),
    cell: fc.nat({ max: cells - 1 }),
    node: fc.option(fc.nat({ max: nodes - 1 }), { freq: 5 }),
    maxSpeedGTs: fc.constant(32),
    maxWidth: fc.constantFrom(16, 16, 8),
  });
}

/** New positions for nodes, cells and devices, and new names for caches. */
export interface Renaming {
  readonly nodes: readonly number[];
  readonly cells: readonly number[];
  readonly devices: readonly number[];
  readonly cache: (l3: number) => number;
}

/** A renaming that the choices decide. */
export function arbitraryRenaming(input: SignatureInput, choices: Iterator<number>): Renaming {
  return {
    nodes: shuffled(input.nodes.length, choices),
    cells: shuffled(input.cells.length, choices),
    devices: shuffled(input.devices.length, choices),
    cache: (l3) => 1000 - l3,
  };
}

/** The placement with everything at its new position, and every list reversed. */
export function renamedInput(input: SignatureInput, to: Renaming): SignatureInput {
  const node = (id: number): number => at(to.nodes, id);
  const maybe = (id: number | null): number | null => (id === null ? null : node(id));
  const moved = <T>(list: readonly T[], positions: readonly number[]): T[] =>
    list.map((_, place) => at(list, positions.indexOf(place)));
  const matrix = <T>(rows: readonly (readonly T[])[], positions: readonly number[]): T[][] =>
    moved(rows, positions).map((row) => moved(row, positions));
  const cells = input.cells.map((cell): SignatureCell => ({
    ...cell,
    hostNode: node(cell.hostNode),
    memory: cell.memory.map((part) => ({ ...part, node: node(part.node) })).toReversed(),
    cores: cell.cores
      .map((core) => {
        return { ...core, node: maybe(core.node), l3: core.l3 === null ? null : to.cache(core.l3) };
      })
      .toReversed(),
    pools: cell.pools.map((pool) => ({ ...pool, nodes: pool.nodes.map(node).toReversed() })),
  }));
  const devices = input.devices.map((device): SignatureDevice => {
    return { ...device, node: maybe(device.node), cell: at(to.cells, device.cell) };
  });
  return {
    ...input,
    nodes: moved(input.nodes, to.nodes),
    distances: matrix(input.distances, to.nodes),
    cells: moved(cells, to.cells),
    devices: moved(devices, to.devices),
    interconnects: matrix(input.interconnects, to.devices),
  };
}

/**
 * Whether some renaming makes one placement the other, by trying all orders of nodes, cells and
 * devices: the definition of twins, without graphs.
 */
export function areTwins(a: SignatureInput, b: SignatureInput): boolean {
  const sizes = ({ nodes, cells, devices }: SignatureInput): string =>
    [nodes.length, cells.length, devices.length].join();
  if (sizes(a) !== sizes(b)) return false;
  const expected = described(b);
  return permutations(a.nodes.length).some((nodes) =>
    permutations(a.cells.length).some((cells) =>
      permutations(a.devices.length).some((devices) => {
        const other = renamedInput(a, { nodes, cells, devices, cache: (l3) => l3 });
        return described(other) === expected;
      }),
    ),
  );
}

/** Everything but the names of caches and the order of lists, as a text. */
function described(input: SignatureInput): string {
  const caches = new Map<number, string[]>();
  for (const [cell, { cores }] of input.cells.entries()) {
    for (const { l3, node, class: of, vcpus, threads } of cores) {
      if (l3 === null) continue;
      const below = [cell, node, of, vcpus, threads].join();
      caches.set(l3, [...(caches.get(l3) ?? []), below].toSorted());
    }
  }
  const sorted = (list: readonly unknown[]): string[] =>
    list.map((item) => JSON.stringify(item)).toSorted();
  return JSON.stringify([
    [input.isolation, input.cpuModel, input.threadsPerCore, input.partitioned, input.nodes],
    input.distances.map((row, i) => row.map((to, j) => (i === j ? 0 : [to.class, to.rank]))),
    input.cells.map(({ hostNode, memoryPolicy, pageBytes, memory, cores, pools }) => [
      [hostNode, memoryPolicy, pageBytes],
      sorted(memory.map(({ node, bytes }) => [node, bytes])),
      sorted(
        cores.map((core) => [core.node, core.l3 === null, core.class, core.vcpus, core.threads]),
      ),
      sorted(pools.map(({ nodes, classes, vcpus }) => [sorted(nodes), classes, vcpus])),
    ]),
    [...caches.values()].map((below) => below.join(" ")).toSorted(),
    input.devices,
    input.interconnects,
  ]);
}
