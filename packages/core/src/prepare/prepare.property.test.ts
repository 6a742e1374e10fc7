import * as fc from "fast-check";
import { expect, test } from "vitest";
import { carriedOut } from "../../testing/prepare/carried-out.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { smallTopology, wideTopology } from "../../testing/topology/arbitrary-machine.ts";
import { capacityReport } from "../placement/capacity/report.ts";
import { withheldFunctions } from "../plan/host-state.ts";
import { defaultHostPolicy, type HostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { isolations, localities } from "../request/virtual-machine.ts";
import type { HugepagePool, Topology } from "../topology/topology.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import { sumOf } from "../unit/sum.ts";
import { prepare } from "./prepare.ts";
import type { HostSetting } from "./setting.ts";
import { untoldSetting } from "./setting.ts";

const flavor: fc.Arbitrary<Request> = fc
  .record({
    accelerators: fc.integer({ min: 0, max: 2 }).map(accelerators),
    nics: fc.integer({ min: 0, max: 1 }).map((count) => ({ count, rdma: false })),
    vcpus: fc.integer({ min: 1, max: 8 }),
    memoryBytes: fc.integer({ min: 2, max: 24 }).map((halves) => (halves * GiB) / 2),
    hugepageBytes: fc.constantFrom(GiB, 2 * MiB, null),
    locality: fc.constantFrom(...localities),
    isolation: fc.constantFrom(...isolations),
  })
  .map(({ memoryBytes, hugepageBytes, ...rest }) => {
    const page = hugepageBytes === GiB ? GiB : MiB;
    const whole = Math.ceil(memoryBytes / page) * page;
    return requestOf({ ...rest, hugepageBytes, memoryBytes: whole });
  });

const flavors = fc
  .array(flavor, { minLength: 1, maxLength: 3 })
  .map((all) => all.map((one, i) => ({ ...one, name: `f${i}`, flavor: `f${i}` })));

const settings: fc.Arbitrary<HostSetting> = fc
  .record({
    system: fc.constantFrom("debian", "fedora", null),
    kernelRelease: fc.constantFrom("5.10.0-30-amd64", "6.12.3", null),
  })
  .map((given) => ({ ...untoldSetting, ...given }));

const policies: fc.Arbitrary<HostPolicy> = fc
  .constantFrom(0, 256 * MiB, GiB)
  .map((memoryPerNodeBytes) => ({
    ...defaultHostPolicy,
    reserved: { ...defaultHostPolicy.reserved, memoryPerNodeBytes },
  }));

const numbers = { min: 0, max: 1 };

const asked = fc
  .tuple(flavors, fc.array(fc.integer(numbers), { minLength: 3, maxLength: 3 }))
  .map(([all, counted]) => ({
    flavors: all.filter((_, i) => counted[i] === 0),
    together: all.filter((_, i) => counted[i] === 1).map((request) => ({ request, vms: 2 })),
  }));

for (const [size, machines, numRuns] of [
  ["small", smallTopology, 50],
  ["wide", wideTopology, 15],
] as const) {
  test(`a ${size} machine that is given all that prepare asks for has the room that it promises`, () => {
    fc.assert(
      fc.property(
        machines.map(withHostUses),
        asked,
        settings,
        policies,
        fc.record({ via: fc.constantFrom("libvirt", "qemu"), emulated: fc.boolean() }),
        (topology, wanted, setting, policy, runner) => {
          const first = prepare(topology, policy, wanted, setting, runner);
          const after = carriedOut({ topology, setting }, first);
          const again = prepare(after.topology, policy, wanted, after.setting, runner);
          const left = again.needs.filter(({ state }) => state !== "there");
          expect(left.filter(({ code }) => code !== "room")).toEqual([]);
          expect(again.room).toEqual(first.room);
          expect(again.prepared).toBe(left.length === 0 ? true : again.prepared);
          const host = { topology: after.topology, policy, taken: [] };
          for (const { flavor: name, vms, signature, wanted: number } of first.room) {
            const own = [...wanted.flavors, ...wanted.together.map(({ request }) => request)].find(
              (one) => one.flavor === name,
            );
            if (own === undefined || vms === 0 || number !== null) continue;
            const [found] = capacityReport([host], [{ ...own, signature }]).fleet;
            expect(found?.fits).toBeGreaterThanOrEqual(vms);
          }
          for (const { code, required } of first.needs) {
            expect(required, code).toBe(code !== "iommu-passthrough");
          }
          // What pages of all sizes leave of a node that got some is what the host keeps of it.
          for (const [i, { memoryBytes, hugepages }] of after.topology.nodes.entries()) {
            const before = setApart(at(topology.nodes, i).hugepages);
            const now = setApart(hugepages);
            if (memoryBytes === null || now <= before) continue;
            expect(now).toBeLessThanOrEqual(memoryBytes - policy.reserved.memoryPerNodeBytes);
          }
          // Nothing that the host needs itself lost its driver.
          const withheld = withheldFunctions(topology, policy);
          for (const one of after.topology.pci) {
            if (withheld.has(one.address)) {
              expect(one.driver).toBe(topology.pci.find((b) => b.address === one.address)?.driver);
            }
          }
        },
      ),
      { numRuns },
    );
  });
}

const setApart = (pools: readonly HugepagePool[] | null): number =>
  sumOf(pools ?? [], ({ sizeBytes, total }) => sizeBytes * total);

/** Every third device is one that the host needs, so that ids are shared. */
function withHostUses(topology: Topology): Topology {
  const pci = topology.pci.map((one, i) =>
    one.class.startsWith("06") || i % 3 !== 2 ? one : { ...one, hostUse: "display" as const },
  );
  return { ...topology, pci };
}
