import * as fc from "fast-check";
import { indices, indexSet } from "../../src/set/index-set.ts";
import { formatList, setOf } from "../../src/set/list-format.ts";
import { GiB, KiB } from "../../src/unit/bytes.ts";
import { at } from "../../src/unit/list.ts";
import type {
  CacheAllocation,
  Interrupts,
  L3Cache,
  PciDevice,
  Topology,
} from "../../src/topology/topology.ts";
import { wideTopology } from "./arbitrary-machine.ts";
import { withParts } from "./arbitrary-parts.ts";

/**
 * A machine with details that the synthetic language lacks: settings of functions, interrupts,
 * facts about caches, and parts of GPUs. Any of them may be unknown.
 */
export const detailedTopology: fc.Arbitrary<Topology> = wideTopology
  .chain(withDetails)
  .chain(withParts);

/** The same machine with other details. */
export function withDetails(topology: Topology): fc.Arbitrary<Topology> {
  const online = indices(setOf(topology.cores.map(({ cpus }) => cpus).join(",")));
  const l3s = [...new Set(topology.cores.flatMap(({ l3 }) => l3 ?? []))];
  const roles = new Set([...topology.accelerators, ...topology.nics].map(({ address }) => address));
  return fc
    .record({
      l3Caches: fc.subarray(l3s).chain((ids) => fc.tuple(...ids.map(cache))),
      cacheAllocation: fc.option(allocation),
      free: fc.tuple(...topology.nodes.map(({ memoryBytes }) => freeOf(memoryBytes))),
      sideCaches: fc.tuple(...topology.nodes.map(() => fc.option(sideCache, { freq: 2 }))),
      settings: fc.tuple(
        ...topology.pci.map(({ address }) => settings(roles.has(address) ? online : [])),
      ),
    })
    .map(({ l3Caches, cacheAllocation, free, sideCaches, settings: each }) => ({
      ...topology,
      l3Caches: l3Caches.filter(({ sizeBytes, ways, kernelId }) =>
        [sizeBytes, ways, kernelId].some((known) => known !== null),
      ),
      cacheAllocation,
      nodes: topology.nodes.map((node, i) => ({
        ...node,
        freeBytes: at(free, i),
        sideCacheBytes: at(sideCaches, i),
      })),
      pci: topology.pci.map((device, i) => ({ ...device, ...each[i] })),
    }));
}

/** Memory of a node that is free, in whole KiB, as the kernel prints it. */
function freeOf(memoryBytes: number | null): fc.Arbitrary<number | null> {
  if (memoryBytes === null) return fc.constant(null);
  return fc.option(fc.nat(Math.floor(memoryBytes / KiB)).map((n) => n * KiB));
}

const sideCache = fc.integer({ min: 1, max: 64 }).map((gibibytes) => gibibytes * GiB);

function cache(id: number): fc.Arbitrary<L3Cache> {
  return fc.record({
    id: fc.constant(id),
    sizeBytes: fc.option(fc.integer({ min: 1, max: 1 << 20 }).map((n) => n * KiB)),
    ways: fc.option(fc.integer({ min: 1, max: 20 })),
    kernelId: fc.option(fc.nat(999)),
  });
}

const allocation: fc.Arbitrary<CacheAllocation> = fc
  .record({
    classes: fc.integer({ min: 1, max: 32 }),
    ways: fc.integer({ min: 1, max: 20 }),
    shared: fc.option(fc.nat(2)),
    waysMin: fc.integer({ min: 1, max: 2 }),
    bandwidthClasses: fc.option(fc.integer({ min: 1, max: 16 })),
  })
  .map(({ ways, shared, ...rest }) => {
    const all = [...Array(ways).keys()];
    const sharedWays = shared === null ? null : formatList(indexSet(all.slice(ways - shared)));
    return { ...rest, ways: formatList(indexSet(all)), sharedWays };
  });

type Settings = Pick<PciDevice, "acsRedirect" | "atsEnabled" | "interrupts">;

/** Both controls are read from one place, so either both are known or neither. */
function settings(cpus: readonly number[]): fc.Arbitrary<Settings> {
  return fc
    .record({
      known: fc.boolean(),
      acsRedirect: fc.boolean(),
      atsEnabled: fc.boolean(),
      interrupts: cpus.length === 0 ? fc.constant(null) : fc.option(interrupts(cpus)),
    })
    .map(({ known, ...rest }) => (known ? rest : { ...rest, acsRedirect: null, atsEnabled: null }));
}

function interrupts(cpus: readonly number[]): fc.Arbitrary<Interrupts> {
  const list = fc.subarray([...cpus], { minLength: 1 }).map((some) => formatList(indexSet(some)));
  return fc.record({ allowedCpus: list, effectiveCpus: fc.option(list) });
}
