import * as fc from "fast-check";
import type { Plan } from "../../src/plan/plan.ts";
import { type Isolation, isolations, type Locality } from "../../src/request/virtual-machine.ts";
import type { Link, PcieLink } from "../../src/topology/topology.ts";
import { GiB, KiB, MiB } from "../../src/unit/bytes.ts";
import { at } from "../../src/unit/list.ts";
import { type CellShape, type DeviceShape, planOf } from "./plan-of.ts";

/** What every part of one generated plan agrees on. */
interface Traits {
  readonly architecture: "x86_64" | "aarch64";
  readonly isolation: Isolation;
  readonly threadsPerCore: number;
  readonly coresMax: number;
  readonly locality: Locality;
}

/**
 * Plans with everything that a rendering has to take: 1 to 8 cells, equal or not, of 1 to 288 vCPUs
 * together; up to 16 devices with companions in their own slot and beside it, functions 0 and
 * others, known and unknown BARs, nodes and links, below no switch, one or several, linked directly
 * or not; shared and pinned CPUs; base and huge pages, of one size or several; memory bound,
 * preferred and interleaved, on its own node and away; cores that stray; distances absent, orderly,
 * asymmetric and as firmware gets them wrong. All are consistent and within the limits of QEMU 7.2.
 */
export const generatedPlans: fc.Arbitrary<Plan> = fc
  .record<Traits>({
    architecture: fc.constantFrom("x86_64", "x86_64", "aarch64"),
    isolation: fc.constantFrom(...isolations),
    threadsPerCore: fc.constantFrom(1, 2),
    coresMax: fc.constantFrom(1, 4, 18),
    locality: fc.constantFrom("strict", "preferred", "interleave"),
  })
  .chain((traits) =>
    fc
      .record({
        vm: name,
        tenant: fc.option(name),
        cells: fc.array(cell(traits), { minLength: 1, maxLength: 8 }),
        equal: fc.boolean(),
        devices: fc.array(deviceSeed(traits), { maxLength: 16 }),
        links: linkSeed,
      })
      .chain(({ vm, tenant, cells, equal, devices, links }) =>
        distancesOf(cells.length).map((distances) => {
          const { cores } = at(cells, 0);
          const alike = cells.map((own) => (equal ? { ...own, cores } : own));
          const { architecture, isolation, threadsPerCore, locality } = traits;
          return planOf({
            vm,
            tenant,
            architecture,
            isolation,
            threadsPerCore,
            locality,
            distances,
            links: linksOf(devices, links),
            cells: withDevices(alike.map(atPosition), devices),
          });
        }),
      ),
  );

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);

interface CellSeed {
  readonly cores: number;
  readonly strays: boolean;
  readonly pageBytes: number;
  readonly policy: Locality;
  /** How many pages lie on its own node, the next and the one after. */
  readonly pages: readonly number[];
}

function cell({ coresMax, locality }: Traits): fc.Arbitrary<CellSeed> {
  return fc.constantFrom(4 * KiB, 64 * KiB, 2 * MiB, 512 * MiB, GiB).chain((pageBytes) => {
    // At least a MiB in every cell, and at most some tens of GiB.
    const least = Math.ceil(MiB / pageBytes);
    const own = fc.integer({ min: least, max: least + Math.floor((64 * GiB) / pageBytes) });
    const away = fc.array(own, { minLength: 1, maxLength: 3 });
    return fc.record({
      cores: fc.oneof(fc.constant(coresMax), fc.integer({ min: 1, max: coresMax })),
      strays: locality === "strict" ? fc.constant(false) : fc.boolean(),
      pageBytes: fc.constant(pageBytes),
      policy: fc.constant(locality),
      pages: locality === "strict" ? own.map((count) => [count]) : away,
    });
  });
}

function atPosition(seed: CellSeed, id: number): CellShape {
  // Host nodes with holes in their numbers, of which a cell's own is not always the first it uses.
  const hostNode = id * 3;
  const first = seed.strays && seed.pages.length > 1 ? hostNode + 1 : hostNode;
  const memory = seed.pages.map((count, i) => ({
    node: first + i,
    bytes: count * seed.pageBytes,
  }));
  const { cores, pageBytes, policy } = seed;
  return { hostNode, cores, strayCores: seed.strays ? 1 : 0, memory, pageBytes, policy };
}

interface DeviceSeed {
  readonly kind: "accelerator" | "nic";
  readonly barBytes: readonly number[] | null;
  readonly slots: Slots;
  readonly link: PcieLink | null;
  readonly nodeUnknown: boolean;
  /** Which of the chains of switches it is below, of those on its cell's node. */
  readonly chain: number;
  /** Which of the cells has it, of as many as there are. */
  readonly cell: number;
}

/** The functions of one slot that are devices of the plan, and the first one's companions. */
interface Slots {
  readonly functions: readonly number[];
  readonly companions: readonly string[];
}

const slotForms: readonly Slots[] = [
  { functions: [0], companions: [] },
  { functions: [0], companions: ["00.1"] },
  { functions: [0], companions: ["00.1", "00.2", "00.3"] },
  { functions: [0, 1], companions: [] },
  { functions: [1], companions: ["00.0"] },
  { functions: [1], companions: [] },
  { functions: [1, 3], companions: ["00.2"] },
  { functions: [0], companions: ["01.0", "01.1"] },
  { functions: [2], companions: ["00.7", "1f.3"] },
];

const gen5: PcieLink = { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 };

/** Switches above a device by number, nearest first: the last two chains meet in a second tier. */
const chains: readonly (readonly number[])[] = [[], [0], [1], [2, 4], [3, 4]];

function deviceSeed({ architecture }: Traits): fc.Arbitrary<DeviceSeed> {
  // The window of aarch64 is 512 GiB for all devices together.
  const wide = [[16 * MiB, 128 * GiB, 32 * MiB], [64 * MiB, 256 * GiB, 32 * MiB], null];
  const narrow = [[32 * MiB], [MiB, 4 * KiB, 16 * KiB], [16 * MiB, 2 * GiB], []];
  return fc.record({
    kind: fc.constantFrom("accelerator", "nic"),
    barBytes: fc.constantFrom(...narrow, ...(architecture === "x86_64" ? wide : [])),
    slots: fc.constantFrom(...slotForms),
    link: fc.constantFrom(null, gen5, { ...gen5, speedGTs: 2.5, maxSpeedGTs: 16, maxWidth: 8 }),
    nodeUnknown: fc.nat(15).map((one) => one === 0),
    chain: fc.nat(chains.length - 1),
    cell: fc.nat(),
  });
}

/** Devices each in a slot of its own bus, given to the cells. */
function withDevices(cells: readonly CellShape[], seeds: readonly DeviceSeed[]): CellShape[] {
  return cells.map((own, id) => {
    const devices = seeds.flatMap((seed, i): DeviceShape[] => {
      if (seed.cell % cells.length !== id) return [];
      const bus = `0000:${(0x10 + i).toString(16)}`;
      const { kind, barBytes, slots, link, nodeUnknown } = seed;
      const chain = chains[seed.chain] ?? [];
      return slots.functions.map((fn, first) => ({
        address: `${bus}:00.${fn}`,
        kind,
        barBytes,
        link,
        nodeUnknown,
        switches: chain.map((slot) => `0000:e${id}:0${slot}.0`),
        ...(chain.length === 0 ? {} : { root: `pci0000:e${id}` }),
        companions: first === 0 ? slots.companions.map((place) => `${bus}:${place}`) : [],
      }));
    });
    return { ...own, devices };
  });
}

/** Links untold, or none, some pairs, or all as through NVSwitches. */
interface LinkSeed {
  readonly kind: "untold" | "some" | "all";
  readonly pairs: readonly { readonly linked: boolean; readonly lanes: number | null }[];
}

const linkSeed: fc.Arbitrary<LinkSeed> = fc.record({
  kind: fc.constantFrom("untold", "some", "all"),
  pairs: fc.array(fc.record({ linked: fc.boolean(), lanes: fc.constantFrom(1, 4, null) }), {
    maxLength: 12,
  }),
});

function linksOf(devices: readonly DeviceSeed[], seed: LinkSeed): readonly Link[] | null {
  if (seed.kind === "untold") return null;
  const accelerators = devices.flatMap(({ kind, slots }, i) =>
    kind === "accelerator"
      ? slots.functions.map((fn) => `0000:${(0x10 + i).toString(16)}:00.${fn}`)
      : [],
  );
  const pairs = accelerators.flatMap((a, i) => accelerators.slice(i + 1).map((b) => ({ a, b })));
  const kind = "nvlink" as const;
  if (seed.kind === "all") return pairs.map((pair) => ({ ...pair, kind, lanes: 18 }));
  return pairs.flatMap((pair, i) => {
    const { linked = false, lanes = null } = seed.pairs[i] ?? {};
    return linked ? [{ ...pair, kind, lanes }] : [];
  });
}

/** Nothing, a machine's table, one that differs by direction, or one that no guest can be shown. */
function distancesOf(cells: number): fc.Arbitrary<readonly (readonly number[])[] | null> {
  const square = (between: fc.Arbitrary<number>, own: fc.Arbitrary<number>) =>
    fc.tuple(
      ...Array.from({ length: cells }, (_, from) =>
        fc.tuple(...Array.from({ length: cells }, (_column, to) => (from === to ? own : between))),
      ),
    );
  const local = fc.constant(10);
  const mirrored = square(fc.integer({ min: 11, max: 40 }), local).map((rows) =>
    rows.map((row, i) => row.map((value, j) => (i < j ? value : (rows[j]?.[i] ?? value)))),
  );
  return fc.oneof(
    fc.constant(null),
    mirrored,
    square(fc.integer({ min: 11, max: 254 }), local),
    square(fc.constantFrom(10, 11, 20, 254, 255), fc.constantFrom(10, 11)),
  );
}
