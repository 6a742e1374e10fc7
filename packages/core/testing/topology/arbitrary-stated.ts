import * as fc from "fast-check";
import { buildTopology } from "../../src/topology/build.ts";
import type { PciInterconnect, Topology } from "../../src/topology/topology.ts";

/**
 * The same machines with some stated interconnect classes between accelerators and NICs that differ
 * from their places, as firmware, virtual machines and drivers cause.
 */
export function withStatedInterconnects(machines: fc.Arbitrary<Topology>): fc.Arbitrary<Topology> {
  const some = fc.array(
    fc.record({
      a: fc.nat(1000),
      b: fc.nat(1000),
      class: fc.constantFrom<PciInterconnect>("PIX", "PXB", "PHB", "NODE", "SYS"),
    }),
    { minLength: 1, maxLength: 12 },
  );
  return fc.tuple(machines, some).map(([machine, pairs]) => {
    const devices = [...machine.accelerators, ...machine.nics].map(({ address }) => address);
    const stated = new Map(
      pairs.flatMap((pair) => {
        const [i, j] = [pair.a % devices.length, pair.b % devices.length];
        const [a, b] = [devices[Math.min(i, j)], devices[Math.max(i, j)]];
        if (a === undefined || b === undefined || a === b) return [];
        return [[`${a} ${b}`, { a, b, class: pair.class }] as const];
      }),
    );
    return buildTopology({ ...machine, interconnects: [...stated.values()] });
  });
}
