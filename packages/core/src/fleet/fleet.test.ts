import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../hash/canonical-json.ts";
import { slotCounter } from "../placement/capacity/capacity.ts";
import { lossOf, type SoldFlavor } from "../placement/capacity/loss.ts";
import type { Device } from "../placement/inventory/devices.ts";
import { inventoryOf } from "../placement/inventory/inventory.ts";
import { useOfLayout } from "../placement/layout/layout-use.ts";
import { emptyOccupancy, occupied, type Use } from "../placement/occupancy/occupancy.ts";
import { compareObjectives, fasterClasses, type Layout } from "../placement/layout/layout.ts";
import { searchSpace } from "../placement/search/search.ts";
import { spaceFor } from "../placement/space/space.ts";
import { withRefinedOrbits } from "../placement/host-class/refined-orbits.ts";
import { demandOf } from "../placement/host-class/demand.ts";
import { hostClassCache } from "../placement/host-class/host-classes.ts";
import { smallRequest } from "../../testing/placement/arbitrary-occupancy.ts";
import { defaultHostPolicy, type HostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { smallTopology } from "../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../topology/topology.ts";
import { GiB } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import { createFleet, type FleetHost } from "./fleet.ts";

const policy: HostPolicy = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 },
};

const even = syntheticTopology(
  "package:2 core:4 memory:16Gi hugepages:6x1Gi distances:10/21 root[switch[gpu:h100-sxm nic:cx7]]",
);

function hostOf(name: string, topology: Topology): FleetHost {
  const inventory = inventoryOf(topology, policy);
  return { name, inventory, occupancy: emptyOccupancy(inventory) };
}

interface Naive {
  readonly host: string;
  readonly layout: Layout;
  readonly loss: number;
  /** Free accelerators on the nodes of a VM without any. */
  readonly freeAcceleratorsOnNodes: number;
  readonly room: number;
}

/** The decision by asking every host alone, each with its own cache of host classes. */
function naive(
  hosts: readonly FleetHost[],
  request: Request,
  soldFlavors: readonly SoldFlavor[],
  spread: boolean,
): Naive | null {
  const answers = hosts.flatMap(({ name, inventory, occupancy }): Naive[] => {
    const hostClasses = hostClassCache();
    const countSlots = slotCounter(hostClasses);
    const loss = lossOf(hostClasses, countSlots, soldFlavors);
    const space = spaceFor(withRefinedOrbits(inventory, occupancy), occupancy, request);
    const before = hostClasses.of(inventory, occupancy);
    const lost = (layout: Layout): number => {
      const use = useOfLayout(space, layout.cells);
      return loss(before, hostClasses.of(inventory, occupied(inventory, occupancy, use))).loss;
    };
    const found = searchSpace(space, soldFlavors.length > 0 ? { loss: lost } : {});
    if (found === null) return [];
    const room = spread ? countSlots(before, demandOf(request)).slots : 0;
    const { best } = found;
    const isBeside = ({ group, node }: Device): boolean =>
      occupancy.deviceHolders[group] === 0 && best.cells.some((cell) => cell.node === node);
    const free = inventory.devices.accelerators.filter(isBeside).length;
    const freeAcceleratorsOnNodes = request.accelerators.count > 0 ? 0 : free;
    return [{ host: name, layout: best, loss: lost(best), freeAcceleratorsOnNodes, room }];
  });
  const [best] = answers.toSorted((a, b) => {
    const lost = a.loss - b.loss;
    return (
      compareObjectives(a.layout.objective, b.layout.objective) ||
      b.room - a.room ||
      (Math.abs(lost) < 1e-9 ? 0 : lost) ||
      a.freeAcceleratorsOnNodes - b.freeAcceleratorsOnNodes ||
      fasterClasses(a.layout) - fasterClasses(b.layout)
    );
  });
  return best ?? null;
}

type Step =
  | {
      readonly kind: "arrive";
      readonly request: Request;
      readonly spread: boolean;
      readonly without: number | null;
    }
  | { readonly kind: "depart"; readonly which: number }
  | { readonly kind: "add"; readonly machine: number }
  | { readonly kind: "remove"; readonly which: number };

const modest = fc
  .record({ count: fc.nat(2), vcpus: fc.integer({ min: 1, max: 3 }), nics: fc.nat(1) })
  .map(({ count, vcpus, nics }) =>
    requestOf({
      accelerators: accelerators(count),
      vcpus,
      nics: { count: nics, rdma: false },
      memoryBytes: GiB,
    }),
  );

const arrive = fc.record({
  kind: fc.constant("arrive" as const),
  request: fc.oneof(smallRequest, modest),
  spread: fc.boolean(),
  without: fc.option(fc.nat(7)),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: arrive, weight: 6 },
  { arbitrary: fc.record({ kind: fc.constant("depart" as const), which: fc.nat(31) }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant("add" as const), machine: fc.nat(2) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant("remove" as const), which: fc.nat(7) }), weight: 1 },
);

interface Running {
  readonly host: string;
  readonly use: Use;
}

test("a fleet decides as if every host were asked alone, through arrivals and departures", () => {
  let decided = 0;
  fc.assert(
    fc.property(
      fc.array(smallTopology, { minLength: 1, maxLength: 2 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
      fc.array(fc.oneof(smallRequest, modest), { maxLength: 2 }),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      (topologies, first, sold, steps) => {
        const machines = [even, even, ...topologies];
        const machine = (n: number): Topology => at(machines, n % machines.length);
        const soldFlavors = sold.map((request, i) => ({
          demand: demandOf(request),
          weight: i + 1,
        }));
        let hosts = first.map((n, i) => hostOf(`host-${i}`, machine(n)));
        const fleet = createFleet(hosts, soldFlavors);
        let running: readonly Running[] = [];
        let added = hosts.length;
        const changed = (name: string): void => {
          hosts = hosts.map((host) => (host.name === name ? (fleet.host(name) ?? host) : host));
        };
        for (const next of steps) {
          if (next.kind === "add") {
            const host = hostOf(`host-${added++}`, machine(next.machine));
            fleet.add(host);
            hosts = [...hosts, host];
          } else if (next.kind === "remove" && hosts.length > 1) {
            const gone = at(hosts, next.which % hosts.length).name;
            fleet.remove(gone);
            hosts = hosts.filter(({ name }) => name !== gone);
            running = running.filter(({ host }) => host !== gone);
          } else if (next.kind === "depart") {
            const vm = running[next.which % Math.max(1, running.length)];
            if (vm === undefined) continue;
            fleet.release(vm.host, vm.use);
            running = running.filter((other) => other !== vm);
            changed(vm.host);
          } else if (next.kind === "arrive") {
            const { request, spread } = next;
            const closed = next.without === null ? null : hosts[next.without % hosts.length];
            const without = new Set(closed === null || closed === undefined ? [] : [closed.name]);
            const open = hosts.filter(({ name }) => !without.has(name));
            const expected = naive(open, request, soldFlavors, spread);
            const decision = fleet.decide(request, { preferEmptyHosts: spread, without });
            expect(decision?.host ?? null).toBe(expected?.host ?? null);
            if (decision === null || expected === null) continue;
            decided++;
            expect(decision.loss).toBeCloseTo(expected.loss, 9);
            expect(decision.found.best).toEqual(expected.layout);
            fleet.take(decision.host, decision.use);
            running = [...running, { host: decision.host, use: decision.use }];
            changed(decision.host);
          }
          const listed = fleet.hostClasses().flatMap((entry) => entry.hosts);
          expect(listed.toSorted()).toEqual(hosts.map(({ name }) => name).toSorted());
        }
        for (const { host, use } of running) fleet.release(host, use);
        for (const { name, inventory } of hosts) {
          expect(fleet.host(name)?.occupancy).toEqual(emptyOccupancy(inventory));
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(decided).toBeGreaterThan(200);
});

test("a fleet's cached answers are those of a new fleet", () => {
  const kinds = [
    requestOf({ accelerators: accelerators(1) }),
    requestOf({ accelerators: accelerators(2), vcpus: 3 }),
    requestOf({ accelerators: accelerators(0), vcpus: 1, memoryBytes: GiB }),
  ];
  const soldFlavors = kinds.map((request) => ({ demand: demandOf(request), weight: 1 }));
  let again = 0;
  fc.assert(
    fc.property(fc.array(fc.nat(5), { minLength: 10, maxLength: 30 }), (steps) => {
      const names = ["a", "b", "c"];
      const fleet = createFleet(
        names.map((name) => hostOf(name, even)),
        soldFlavors,
      );
      const asked = new Set<string>();
      let running: readonly Running[] = [];
      for (const [i, next] of steps.entries()) {
        const kind = kinds[next];
        const gone = running[next % Math.max(1, running.length)];
        if (kind === undefined) {
          if (gone === undefined) continue;
          fleet.release(gone.host, gone.use);
          running = running.filter((vm) => vm !== gone);
          continue;
        }
        const request = { ...kind, name: `vm-${i}` };
        const now = names.flatMap((name) => fleet.host(name) ?? []);
        const decision = fleet.decide(request);
        const fresh = createFleet(now, soldFlavors).decide(request);
        expect(decision && { ...decision, found: decision.found.best }).toEqual(
          fresh && { ...fresh, found: fresh.found.best },
        );
        if (decision === null) continue;
        expect(decision.found.space.request).toEqual(request);
        const there = now.find(({ name }) => name === decision.host);
        const question = canonicalJson([next, [...(there?.occupancy.coreUsers ?? [])]]);
        if (asked.has(question)) again++;
        asked.add(question);
        fleet.take(decision.host, decision.use);
        running = [...running, decision];
      }
    }),
    { numRuns: 100 },
  );
  expect(again).toBeGreaterThan(100);
});

test("a fleet's capacity is that of its hosts, and is reached by its own decisions", () => {
  const request = requestOf({ accelerators: accelerators(1) });
  const fleet = createFleet([hostOf("a", even), hostOf("b", even)], []);
  const all = fleet.capacity(request);
  expect(all).toBe(4);
  for (let left = all; left > 0; left--) {
    expect(fleet.capacity(request)).toBe(left);
    const decision = fleet.decide(request);
    if (decision === null) throw new Error("does not fit");
    fleet.take(decision.host, decision.use);
  }
  expect(fleet.capacity(request)).toBe(0);
  expect(fleet.decide(request)).toBeNull();
});

test("hosts are chosen by least loss, or by most room, and avoided hosts are left out", () => {
  const [one, whole] = [1, 2].map((count) => requestOf({ accelerators: accelerators(count) }));
  if (one === undefined || whole === undefined) throw new Error("no requests");
  const soldFlavors = [{ demand: demandOf(whole), weight: 1 }];
  const hosts = ["a", "b", "c"].map((name) => hostOf(name, even));
  const fleet = createFleet(hosts, soldFlavors);
  const first = fleet.decide(one);
  expect(first).toMatchObject({ host: "a", hostClasses: 1, equals: 3, loss: 1 });
  if (first === null) throw new Error("does not fit");
  fleet.take(first.host, first.use);
  expect(fleet.decide(one)).toMatchObject({ host: "a", hostClasses: 2, equals: 1, loss: 0 });
  expect(fleet.decide(one, { preferEmptyHosts: true })).toMatchObject({ host: "b", equals: 2 });
  const without = new Set(["a", "b"]);
  expect(fleet.decide(one, { without })).toMatchObject({ host: "c", equals: 1, loss: 1 });
  expect(fleet.decide(one, { without: new Set(["a", "b", "c"]) })).toBeNull();
});

test("hosts are known by their names, each once", () => {
  const fleet = createFleet([hostOf("a", even)], []);
  expect(() => fleet.add(hostOf("a", even))).toThrow(/two hosts "a"/);
  expect(() => fleet.remove("b")).toThrow(/no host "b"/);
  expect(fleet.host("b")).toBeNull();
  fleet.remove("a");
  expect(fleet.hostClasses()).toEqual([]);
  expect(fleet.decide(requestOf())).toBeNull();
});
