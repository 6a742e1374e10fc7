import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { GiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import type { HostState } from "../../plan/host-state.ts";
import { place } from "../../fleet/place.ts";
import type { Plan } from "../../plan/plan.ts";
import { withSellablePages } from "../../plan/sellable-pages.ts";
import { smallRequest } from "../../../testing/placement/arbitrary-occupancy.ts";
import { findBlockers } from "./blockers.ts";
import { capacityReport } from "./report.ts";

const machine = syntheticTopology(
  "package:2 core:10 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root[gpu:h100-sxm*4]",
);

const flavor = (count: number): Request =>
  requestOf({
    name: `gpu.${count}`,
    flavor: `gpu.${count}`,
    accelerators: accelerators(count),
    vcpus: 4 * count,
    memoryBytes: 10 * count * GiB,
  });

function holding(requests: readonly Request[], name = "host"): HostState {
  return requests.reduce<HostState>(
    (host, request, i) => {
      const plan = place([host], { ...request, name: `vm-${i}` });
      return plan.kind === "Refusal" ? host : { ...host, taken: [...host.taken, plan] };
    },
    { topology: { ...machine, name }, taken: [], policy: defaultHostPolicy },
  );
}

test("slots now and at most, by signature, and the VMs in the way", () => {
  const host = holding([flavor(3), flavor(3)]);
  const { hosts, fleet } = capacityReport([host, holding([], "empty")], [flavor(2), flavor(4)]);
  const summary = hosts.map(({ host: name, flavors }) => [
    name,
    ...flavors.map(({ flavor: of, fits, most, blockers, classes }) => ({
      of,
      fits,
      most,
      blockers,
      classes: classes.map(
        (entry) => `${entry.own} ${entry.fits}/${entry.most} ${entry.signatureText}`,
      ),
    })),
  ]);
  expect(summary).toMatchInlineSnapshot(`
    [
      [
        "host",
        {
          "blockers": {
            "more": false,
            "sets": [
              [
                "vm-0",
              ],
              [
                "vm-1",
              ],
            ],
            "triedUpTo": 1,
          },
          "classes": [
            "true 0/4 1 cell × (4 cores/8 threads, 20 GiB in 1 GiB pages, 2 GPUs), GPUs PHB",
            "false 1/4 2 cells × (2 cores/4 threads, 10 GiB in 1 GiB pages, 1 GPU), 21 apart, GPUs SYS",
          ],
          "fits": 0,
          "most": 4,
          "of": "gpu.2",
        },
        {
          "blockers": {
            "more": false,
            "sets": [
              [
                "vm-0",
              ],
              [
                "vm-1",
              ],
            ],
            "triedUpTo": 1,
          },
          "classes": [
            "true 0/2 1 cell × (8 cores/16 threads, 40 GiB in 1 GiB pages, 4 GPUs), GPUs PHB",
          ],
          "fits": 0,
          "most": 2,
          "of": "gpu.4",
        },
      ],
      [
        "empty",
        {
          "blockers": null,
          "classes": [
            "true 4/4 1 cell × (4 cores/8 threads, 20 GiB in 1 GiB pages, 2 GPUs), GPUs PHB",
            "false 4/4 2 cells × (2 cores/4 threads, 10 GiB in 1 GiB pages, 1 GPU), 21 apart, GPUs SYS",
          ],
          "fits": 4,
          "most": 4,
          "of": "gpu.2",
        },
        {
          "blockers": null,
          "classes": [
            "true 2/2 1 cell × (8 cores/16 threads, 40 GiB in 1 GiB pages, 4 GPUs), GPUs PHB",
            "false 2/2 2 cells × (4 cores/8 threads, 20 GiB in 1 GiB pages, 2 GPUs), 21 apart, GPUs PHB/SYS",
            "false 2/2 1 cell × (2 cores/4 threads, 10 GiB in 1 GiB pages, 1 GPU) + 1 cell × (6 cores/12 threads, 30 GiB in 1 GiB pages, 3 GPUs), 21 apart, GPUs PHB/SYS",
          ],
          "fits": 2,
          "most": 2,
          "of": "gpu.4",
        },
      ],
    ]
  `);
  expect(fleet.map(({ flavor: of, fits, most }) => [of, fits, most])).toMatchInlineSnapshot(`
    [
      [
        "gpu.2",
        4,
        8,
      ],
      [
        "gpu.4",
        2,
        4,
      ],
    ]
  `);
});

test("a pinned signature is counted alone, even where no host has it", () => {
  const pinned = { ...flavor(2), signature: "no such" };
  const { hosts } = capacityReport([holding([])], [pinned]);
  expect(hosts[0]?.flavors).toEqual([
    {
      flavor: "gpu.2",
      fits: 0,
      most: 0,
      blockers: null,
      untold: [],
      classes: [
        {
          signature: "no such",
          signatureText: "nothing that this kind of host has",
          own: true,
          fits: 0,
          most: 0,
          exact: true,
        },
      ],
    },
  ]);
});

const tiny = syntheticTopology(
  "package:2 core:4 memory:8Gi hugepages:4x1Gi distances:10/21 root[gpu:h100-sxm*2]",
);

const generous = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 },
};

const modest = fc
  .record({ count: fc.nat(3), vcpus: fc.integer({ min: 1, max: 4 }) })
  .map(({ count, vcpus }) =>
    requestOf({ accelerators: accelerators(count), vcpus, memoryBytes: GiB }),
  );

test("blockers are the smallest sets of VMs that would give a slot by leaving", () => {
  let met = 0;
  fc.assert(
    fc.property(
      fc.oneof(smallTopology, fc.constant(tiny)),
      fc.array(fc.oneof(smallRequest, modest), { minLength: 1, maxLength: 4 }),
      fc.oneof(smallRequest, modest),
      (machineRead, earlier, wanted) => {
        // The free pages were read with all VMs there, and would differ without one of them.
        const topology = withSellablePages({ topology: machineRead, taken: [], policy: generous });
        let taken: readonly Plan[] = [];
        for (const [i, request] of earlier.entries()) {
          const host = { topology, taken, policy: generous };
          const plan = place([host], { ...request, name: `vm-${i}` });
          if (plan.kind === "Plan") taken = [...taken, plan];
        }
        const fitsWith = (left: readonly Plan[]): number => {
          const host = { topology, taken: left, policy: generous };
          return at(capacityReport([host], [wanted]).fleet, 0).fits;
        };
        const { hosts } = capacityReport([{ topology, taken, policy: generous }], [wanted]);
        const found = at(at(hosts, 0).flavors, 0);
        if (found.blockers === null) {
          if (taken.length > 0) expect(found.fits).toBe(found.most);
          return;
        }
        met++;
        const { sets, triedUpTo } = found.blockers;
        const all = Array.from({ length: 2 ** taken.length }, (_, bits) =>
          taken.filter((_plan, i) => (bits >> i) % 2 === 1),
        );
        const helping = all.filter((gone) => {
          return fitsWith(taken.filter((plan) => !gone.includes(plan))) > found.fits;
        });
        const least = Math.min(...helping.map((gone) => gone.length));
        const smallest = helping.filter((gone) => gone.length === least);
        expect(triedUpTo).toBe(least);
        expect(sets.map((set) => set.join(" ")).toSorted()).toEqual(
          smallest.map((gone) => gone.map(({ vm }) => vm).join(" ")).toSorted(),
        );
      },
    ),
    { numRuns: 400 },
  );
  expect(met).toBeGreaterThan(10);
});

test("a size with too many sets is not tried, and the answer says so", () => {
  const vms = Array.from({ length: 100 }, (_, i) => `vm-${i}`);
  let tried = 0;
  const never = findBlockers(vms, 0, () => {
    tried++;
    return 0;
  });
  expect([never, tried]).toEqual([{ sets: [], triedUpTo: 1, more: false }, 100]);
  const pairs = findBlockers(vms.slice(0, 20), 0, (gone) => (gone.length === 2 ? 1 : 0));
  expect([pairs.sets.length, pairs.sets[0], pairs.triedUpTo, pairs.more]).toEqual([
    8,
    ["vm-0", "vm-1"],
    2,
    true,
  ]);
});
