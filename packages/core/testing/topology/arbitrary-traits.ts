import * as fc from "fast-check";
import type { ExtraNodes, Level, SyntheticMachine } from "../../src/topology/synthetic/machine.ts";
import { arbitrarySlot, type Slot } from "./arbitrary-slot.ts";

/** The largest machines of a property test. */
export interface MachineBounds {
  /** Nodes of the levels; up to two without CPUs are added. */
  readonly nodesPerPackageMax: number;
  readonly packagesMax: number;
  readonly coresPerGroupMax: number;
  readonly acceleratorsMax: number;
}

/** Mostly the first value, sometimes another. */
function usually<T>(usual: T, rare: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constant(usual), weight: 3 }, { arbitrary: rare, weight: 1 });
}

export function arbitraryLevels(bounds: MachineBounds): fc.Arbitrary<readonly Level[]> {
  const count = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
  return fc
    .record({
      package: count(bounds.packagesMax),
      node: count(bounds.nodesPerPackageMax),
      l3: usually<number | null>(1, fc.constantFrom(2, null)),
      // A cache may hold several nodes (sub-NUMA clusters) or a node several caches.
      l3Outside: fc.boolean(),
      die: usually<number | null>(1, fc.constant(null)),
      core: count(bounds.coresPerGroupMax),
      thread: count(2),
    })
    .map((levels): readonly Level[] => {
      const node: Level = { level: "node", count: levels.node };
      const l3: Level = { level: "l3", count: levels.l3 };
      return [
        { level: "package", count: levels.package },
        ...(levels.die === null ? [{ level: "die", count: null } as const] : []),
        ...(levels.l3Outside
          ? [{ ...l3, count: levels.l3 === 2 ? 1 : levels.l3 }, node]
          : [node, l3]),
        { level: "core", count: levels.core },
        { level: "thread", count: levels.thread },
      ];
    });
}

export interface CpuTraits {
  /** Another number of cores for each node, or null for the usual. The first node keeps its own. */
  readonly cores: readonly (number | null)[];
  readonly threads: readonly (1 | null)[];
  readonly numbering: SyntheticMachine["numbering"];
  readonly offline: readonly number[];
  readonly idGaps: readonly number[];
  /** The class of each core in turn, null where nobody told it; none where nobody told any. */
  readonly classes: readonly (number | null)[];
}

export const arbitraryCpuTraits: fc.Arbitrary<CpuTraits> = fc.record({
  cores: fc.array(usually<number | null>(null, fc.integer({ min: 0, max: 3 })), { maxLength: 8 }),
  threads: fc.array(usually<1 | null>(null, fc.constant(1)), { maxLength: 8 }),
  numbering: usually("split", fc.constantFrom("adjacent", "alternating")),
  offline: usually<readonly number[]>([], fc.array(fc.nat(255), { maxLength: 3 })),
  idGaps: usually<readonly number[]>([], fc.array(fc.nat(3), { minLength: 10, maxLength: 10 })),
  classes: usually<readonly (number | null)[]>(
    [],
    fc.array(usually<number | null>(0, fc.constantFrom(0, 1, 1, 2, null)), {
      minLength: 1,
      maxLength: 8,
    }),
  ),
});

export interface Traits {
  readonly memory: readonly NodeMemory[];
  readonly extras: readonly ExtraTrait[];
  readonly distances: DistanceTrait;
  readonly access: AccessTrait | null;
  readonly slots: readonly Slot[];
  readonly iommu: boolean;
  readonly modules: boolean;
  readonly links: LinkTrait;
  readonly partitioned: boolean;
}

export interface NodeMemory {
  readonly baseGiB: number | null;
  readonly gigantic: { readonly total: number; readonly taken: number } | null;
  readonly huge: { readonly total: number; readonly taken: number } | null;
  readonly freeKnown: boolean;
}

interface ExtraTrait {
  readonly kind: ExtraNodes["kind"];
  readonly memoryGiB: number;
  readonly detour: number;
  readonly beside: number;
}

/**
 * Access figures of firmware. As in real firmware, all entries have the same fields, and a node
 * with CPUs is a best initiator of its own memory.
 */
export interface AccessTrait {
  readonly known: "latency" | "bandwidth" | "both";
  /** From one node to another, by their positions among possible initiators and targets. */
  readonly pairs: readonly { readonly from: number; readonly to: number; readonly far: boolean }[];
}

export type DistanceTrait = "none" | "rule" | readonly number[];
export type LinkTrait = "none" | "all" | "pairs";

const arbitraryPool = fc.record({ total: fc.nat(6), taken: fc.nat(6) });

const arbitraryNodeMemory: fc.Arbitrary<NodeMemory> = fc.record({
  baseGiB: fc.oneof(
    { arbitrary: fc.integer({ min: 1, max: 16 }), weight: 8 },
    { arbitrary: fc.constant(0), weight: 1 },
    { arbitrary: fc.constant(null), weight: 1 },
  ),
  gigantic: fc.option(arbitraryPool),
  huge: fc.option(arbitraryPool),
  freeKnown: usually(true, fc.constant(false)),
});

const arbitraryExtra: fc.Arbitrary<ExtraTrait> = fc.record({
  kind: fc.constantFrom("hbm", "cxl", "pmem", "gpu"),
  memoryGiB: fc.nat(8),
  detour: fc.integer({ min: 1, max: 30 }),
  beside: fc.nat(7),
});

const arbitraryAccess: fc.Arbitrary<AccessTrait> = fc.record({
  known: fc.constantFrom("latency", "bandwidth", "both"),
  pairs: fc.array(fc.record({ from: fc.nat(7), to: fc.nat(9), far: fc.boolean() }), {
    maxLength: 8,
  }),
});

export function arbitraryTraits(bounds: MachineBounds): fc.Arbitrary<Traits> {
  return fc.record({
    memory: fc.array(arbitraryNodeMemory, { minLength: 8, maxLength: 8 }),
    extras: usually<readonly ExtraTrait[]>([], fc.array(arbitraryExtra, { maxLength: 2 })),
    distances: fc.oneof(
      fc.constant<DistanceTrait>("rule"),
      fc.constant<DistanceTrait>("none"),
      fc.array(fc.integer({ min: 11, max: 40 }), { minLength: 100, maxLength: 100 }),
    ),
    access: usually<AccessTrait | null>(null, arbitraryAccess),
    slots: fc.array(arbitrarySlot, { maxLength: bounds.acceleratorsMax }),
    iommu: usually(true, fc.constant(false)),
    modules: usually(false, fc.constant(true)),
    links: fc.constantFrom<LinkTrait>("none", "all", "pairs"),
    partitioned: usually(false, fc.constant(true)),
  });
}
