import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../unit/list.ts";
import { formOf, signatureOf } from "./signature.ts";
import type { SignatureCell, SignatureDevice, SignatureInput } from "./signature-input.ts";
import {
  arbitraryRenaming,
  arbitrarySignatureInput,
  areTwins,
  renamedInput,
} from "../../../testing/placement/arbitrary-signature-input.ts";

const small = arbitrarySignatureInput({ nodesMax: 2, cellsMax: 2, devicesMax: 2 });
const wide = arbitrarySignatureInput({ nodesMax: 8, cellsMax: 8, devicesMax: 16 });

test("renaming nodes, cells, devices and caches changes neither signature nor text", () => {
  fc.assert(
    fc.property(wide, fc.infiniteStream(fc.nat()), (input, choices) => {
      const other = renamedInput(input, arbitraryRenaming(input, choices));
      expect(signatureOf(other)).toEqual(signatureOf(input));
    }),
    { numRuns: 2000 },
  );
});

test("two placements share a signature exactly when they are twins by definition", () => {
  let twins = 0;
  let others = 0;
  const group = fc.array(small, { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(group, fc.infiniteStream(fc.nat()), (inputs, choices) => {
      // Some of each are renamed, so that there are twins with other names.
      const all = inputs.flatMap((input, i) =>
        i % 4 === 0 ? [input, renamedInput(input, arbitraryRenaming(input, choices))] : [input],
      );
      const signatures = all.map((input) => signatureOf(input).signature);
      for (const [i, a] of all.entries()) {
        for (const [j, b] of all.slice(0, i).entries()) {
          const same = areTwins(a, b);
          if (same) twins++;
          else others++;
          expect(signatures[i] === signatures[j]).toBe(same);
        }
      }
    }),
    { numRuns: 30 },
  );
  // Ten of each group were renamed; others are twins by chance.
  expect(twins).toBeGreaterThanOrEqual(300);
  expect(others).toBeGreaterThan(10_000);
});

function replaced<K extends "cells" | "devices" | "nodes">(
  input: SignatureInput,
  list: K,
  index: number,
  change: Partial<SignatureInput[K][number]>,
): SignatureInput {
  const items = input[list].map((item, i) => (i === index ? { ...item, ...change } : item));
  return { ...input, [list]: items };
}

type Change = (input: SignatureInput, choice: number) => SignatureInput | null;

const ofCell =
  (change: (cell: SignatureCell, choice: number) => Partial<SignatureCell> | null): Change =>
  (input, choice) => {
    const index = choice % input.cells.length;
    const [cell] = input.cells.slice(index);
    const changed = cell === undefined ? null : change(cell, choice);
    return changed === null ? null : replaced(input, "cells", index, changed);
  };

const ofCore = (change: (core: SignatureCell["cores"][number]) => object): Change =>
  ofCell(({ cores }, choice) => {
    if (cores.length === 0) return null;
    const index = choice % cores.length;
    return { cores: cores.map((core, i) => (i === index ? { ...core, ...change(core) } : core)) };
  });

const ofDevice =
  (change: Partial<SignatureDevice>): Change =>
  (input, choice) =>
    input.devices.length === 0
      ? null
      : replaced(input, "devices", choice % input.devices.length, change);

const ofDistance =
  (change: Partial<SignatureInput["distances"][number][number]>): Change =>
  (input, choice) => {
    const size = input.nodes.length;
    if (size < 2) return null;
    const [row, column] = [choice % size, (choice + 1) % size];
    const distances = input.distances.map((to, i) =>
      to.map((distance, j) => (i === row && j === column ? { ...distance, ...change } : distance)),
    );
    return { ...input, distances };
  };

/** Each moves one thing, which may still make a twin. */
const moves: Readonly<Record<string, Change>> = {
  "a device to a cell": (input, choice) =>
    ofDevice({ cell: choice % input.cells.length })(input, choice >>> 8),
  "a device to a node": (input, choice) =>
    ofDevice({ node: choice % input.nodes.length })(input, choice >>> 8),
  "a cell to a node": (input, choice) =>
    ofCell(() => ({ hostNode: choice % input.nodes.length }))(input, choice >>> 8),
  "memory to a node": (input, choice) =>
    ofCell(() => ({ memory: [{ node: choice % input.nodes.length, bytes: 8192 }] }))(
      input,
      choice >>> 8,
    ),
  "a core to a node": (input, choice) =>
    ofCore(() => ({ node: choice % input.nodes.length }))(input, choice >>> 8),
  "a core to a cache": (input, choice) => ofCore(() => ({ l3: choice % 3 }))(input, choice >>> 8),
  "a pool to a node": (input, choice) =>
    ofCell(({ pools }) => ({
      pools: pools.map((pool) => ({ ...pool, nodes: [choice % input.nodes.length] })),
    }))(input, choice >>> 8),
};

test.each(Object.entries(moves))(
  "moving %s changes the signature exactly when it makes no twin",
  (_, move) => {
    const made = { twins: 0, others: 0 };
    fc.assert(
      fc.property(small, fc.nat(), (input, choice) => {
        const moved = move(input, choice);
        if (moved === null) return;
        const same = areTwins(input, moved);
        made[same ? "twins" : "others"]++;
        expect(signatureOf(moved).signature === signatureOf(input).signature).toBe(same);
      }),
      { numRuns: 1000 },
    );
    expect(made.twins).toBeGreaterThan(20);
    expect(made.others).toBeGreaterThan(20);
  },
);

/** Every property of a signature, changed to a value that the generator never gives. */
const changes: Readonly<Record<string, Change>> = {
  isolation: (input) => ({ ...input, isolation: "host" }),
  "CPU model": (input) => ({ ...input, cpuModel: "another processor" }),
  "threads per core": (input) => ({ ...input, threadsPerCore: 4 }),
  partition: (input) => ({ ...input, partitioned: true }),
  "memory kind": (input, choice) =>
    replaced(input, "nodes", choice % input.nodes.length, { memoryKind: "hbm" }),
  "distance class": ofDistance({ class: "memory-only" }),
  "distance rank": ofDistance({ rank: 7 }),
  "distance unknown": ofDistance({ class: "unknown", rank: null }),
  "page size": ofCell(() => ({ pageBytes: 2 ** 21 })),
  "memory policy": ofCell(() => ({ memoryPolicy: "preferred" })),
  memory: ofCell(({ memory }) => ({
    memory: memory.map((part, i) => (i === 0 ? { ...part, bytes: part.bytes + 4096 } : part)),
  })),
  "one core more": ofCell(({ cores, hostNode }) => ({
    cores: [...cores, { node: hostNode, l3: 9, class: null, vcpus: 2, threads: 2 }],
  })),
  "one core less": ofCell(({ cores }) => (cores.length === 0 ? null : { cores: cores.slice(1) })),
  "vCPUs of a core": ofCore(({ vcpus }) => ({ vcpus: vcpus + 2 })),
  "threads of a core": ofCore(() => ({ threads: 8 })),
  "a core on an unknown node": ofCore(() => ({ node: null })),
  "the class of a core": ofCore(() => ({ class: 7 })),
  "floating vCPUs": ofCell(({ pools }) => {
    return { pools: [...pools, { nodes: [0], classes: [], vcpus: 5 }] };
  }),
  "the classes of a pool": ofCell(({ pools: [pool, ...more] }) =>
    pool === undefined ? null : { pools: [{ ...pool, classes: [0, 7] }, ...more] },
  ),
  "one device more": (input) => ({
    ...input,
    devices: [
      ...input.devices,
      {
        kind: "nic",
        model: null,
        vendor: "15b3",
        device: "1021",
        cell: 0,
        node: 0,
        maxSpeedGTs: null,
        maxWidth: null,
      },
    ],
    interconnects: [
      ...input.interconnects.map((row) => [...row, "SYS"] as const),
      [...input.devices.map(() => "SYS" as const), null],
    ],
  }),
  "device model": ofDevice({ model: "B200" }),
  "device vendor": ofDevice({ vendor: "1002" }),
  "device id": ofDevice({ device: "2901" }),
  "link speed": ofDevice({ maxSpeedGTs: 16 }),
  "link width": ofDevice({ maxWidth: 4 }),
  interconnect: (input, choice) => {
    const size = input.devices.length;
    if (size < 2) return null;
    const pair = new Set([choice % size, (choice + 1) % size]);
    const interconnects = input.interconnects.map((row, i) =>
      row.map((path, j) => (i !== j && pair.has(i) && pair.has(j) ? "NV2" : path)),
    );
    return { ...input, interconnects };
  },
};

test.each(Object.entries(changes))("another signature: %s", (_, change) => {
  let made = 0;
  fc.assert(
    fc.property(wide, fc.nat(), (input, choice) => {
      const changed = change(input, choice);
      if (changed === null) return;
      made++;
      expect(signatureOf(changed).signature).not.toBe(signatureOf(input).signature);
    }),
  );
  expect(made).toBeGreaterThan(20);
});

test("a cache shared by two cells is not two caches, and who shares it with whom counts", () => {
  const core = (l3: number): SignatureCell["cores"][number] => {
    return { node: 0, l3, class: null, vcpus: 2, threads: 2 };
  };
  const input = (caches: readonly number[], bytes: readonly number[]): SignatureInput => ({
    isolation: "core",
    cpuModel: null,
    threadsPerCore: 2,
    partitioned: false,
    nodes: [{ memoryKind: "dram" }],
    distances: [[{ class: "local", rank: 0, slit: 10 }]],
    cells: caches.map((l3, i) => ({
      hostNode: 0,
      memoryPolicy: "strict",
      pageBytes: 4096,
      memory: [{ node: 0, bytes: at(bytes, i) }],
      cores: [core(l3)],
      pools: [],
    })),
    devices: [],
    interconnects: [],
  });
  const sizes = [1, 1, 2, 2];
  const signatures = [
    input([0, 1, 2, 3], sizes),
    input([0, 0, 1, 1], sizes),
    input([0, 1, 0, 1], sizes),
    input([0, 0, 0, 0], sizes),
  ].map((shape) => signatureOf(shape).signature);
  expect(new Set(signatures).size).toBe(4);
  expect(signatureOf(input([5, 3, 3, 5], sizes)).signature).toBe(signatures[2]);
});

test("a signature is 16 hexadecimal digits, the same in every release", () => {
  const { signature } = signatureOf({
    isolation: "core",
    cpuModel: "a processor",
    threadsPerCore: 2,
    partitioned: false,
    nodes: [{ memoryKind: "dram" }],
    distances: [[{ class: "local", rank: 0, slit: 10 }]],
    cells: [
      {
        hostNode: 0,
        memoryPolicy: "strict",
        pageBytes: 2 ** 30,
        memory: [{ node: 0, bytes: 2 ** 32 }],
        cores: [{ node: 0, l3: 0, class: null, vcpus: 2, threads: 2 }],
        pools: [],
      },
    ],
    devices: [],
    interconnects: [],
  });
  expect(signature).toMatch(/^[0-9a-f]{16}$/);
  // Flavors keep signatures: a change here needs a new `version` and a note to operators.
  expect(signature).toMatchInlineSnapshot(`"7bf178964f5c113b"`);
});

test("a placement with classes has a marked signature, and in form 1 that of one without", () => {
  const blind = (input: SignatureInput): SignatureInput => ({
    ...input,
    cells: input.cells.map((cell) => ({
      ...cell,
      cores: cell.cores.map((core) => ({ ...core, class: null })),
      pools: cell.pools.map((pool) => ({ ...pool, classes: [] })),
    })),
  });
  let marked = 0;
  fc.assert(
    fc.property(arbitrarySignatureInput({ nodesMax: 2, cellsMax: 2, devicesMax: 2 }), (input) => {
      const { signature } = signatureOf(input);
      const former = signatureOf(input, 1);
      expect(former).toEqual(signatureOf(blind(input)));
      expect(formOf(former.signature)).toBe(1);
      const hasClasses = JSON.stringify(input) !== JSON.stringify(blind(input));
      expect(formOf(signature)).toBe(hasClasses ? 2 : 1);
      expect(signature).toMatch(hasClasses ? /^2-[0-9a-f]{16}$/ : /^[0-9a-f]{16}$/);
      if (hasClasses) marked++;
    }),
    { numRuns: 300 },
  );
  expect(marked).toBeGreaterThan(20);
});
