import * as fc from "fast-check";
import { expect, test } from "vitest";
import { wideTopology } from "../../testing/topology/arbitrary-machine.ts";
import { buildTopology } from "./build.ts";
import { catalogMachine } from "./catalog/catalog.ts";
import { contradictions } from "./check.ts";
import { topologyDigest } from "./digest.ts";
import { diffTopologies } from "./diff/diff-topologies.ts";
import { drawTopology } from "./draw/draw-topology.ts";
import { interconnects } from "./interconnect.ts";
import { mergeTopologies } from "./merge/merge-topologies.ts";
import type { Accelerator, Topology } from "./topology.ts";
import { topologyWarnings } from "./warnings/warnings.ts";

function machineOf(name: string): Topology {
  const machine = catalogMachine(name);
  if (machine === null) throw new Error(`the catalog has ${name}`);
  return machine;
}

const l40s = (): Topology => machineOf("l40s-pcie");

const pairOf = ({ accelerators }: Topology): readonly [string, string] => [
  accelerators[0]?.address ?? "",
  accelerators[1]?.address ?? "",
];

function withUnknown(topology: Topology): Topology {
  const [a, b] = pairOf(topology);
  return buildTopology({ ...topology, interconnects: [{ a, b, class: null }] });
}

test("a class that is stated to be unknown is unknown, whatever follows from the places", () => {
  const machine = l40s();
  const [a, b] = pairOf(machine);
  expect(interconnects(machine)(a, b)).not.toBeNull();
  const unknown = withUnknown(machine);
  expect(contradictions(unknown)).toEqual([]);
  expect([interconnects(unknown)(a, b), interconnects(unknown)(b, a)]).toEqual([null, null]);
  expect(drawTopology(unknown, { width: 200 })).toContain("?");
});

test("it is left out where nothing would follow from the places", () => {
  const machine = l40s();
  const pci = machine.pci.map((device, i) => ({
    ...device,
    node: null,
    parent: null,
    root: `pci0000:${i}`,
  }));
  expect(withUnknown({ ...machine, pci }).interconnects).toEqual([]);
});

test("merged with a source that knows the class, it is that class; without one it stays unknown", () => {
  const machine = l40s();
  const [a, b] = pairOf(machine);
  const known = interconnects(machine)(a, b);
  const unknown = { ...withUnknown(machine), source: "nvidia-smi" };
  for (const parts of [
    [machine, unknown],
    [unknown, machine],
  ]) {
    const { topology, findings } = mergeTopologies(parts);
    expect(findings).toEqual([]);
    expect(interconnects(topology)(a, b)).toBe(known);
  }
  const { topology } = mergeTopologies([unknown, { ...unknown, source: "again" }]);
  expect(interconnects(topology)(a, b)).toBeNull();
});

test("a difference between a known class and an unknown one is named", () => {
  const machine = l40s();
  const [a, b] = pairOf(machine);
  const far = buildTopology({ ...machine, interconnects: [{ a, b, class: "SYS" }] });
  const difference = diffTopologies(far, withUnknown(machine)).find(({ path }) =>
    path.startsWith("interconnects["),
  );
  expect(difference?.message).toBe(`${a} and ${b} are no longer stated to be SYS apart`);
});

const named = (topology: Topology, change: (one: Accelerator, i: number) => Partial<Accelerator>) =>
  buildTopology({
    ...topology,
    accelerators: topology.accelerators.map((one, i) => ({ ...one, ...change(one, i) })),
  });

test("people see the tool's numbers of accelerators, if all have one", () => {
  const machine = l40s();
  const holes = named(machine, (_, i) => ({ index: i < 2 ? i : i + 1 }));
  const text = drawTopology(holes, { width: 200 });
  expect(text).toContain("GPU0");
  expect(text).not.toContain("GPU2 ");
  expect(text).toContain("GPU3 ");
  const some = named(machine, (_, i) => ({ index: i === 0 ? null : i + 1 }));
  expect(drawTopology(some, { width: 200 })).toBe(drawTopology(machine, { width: 200 }));
});

test("NVLink-C2C is shown beside the link, and lasts; names and numbers of a tool do not", () => {
  const machine = l40s();
  const direct = named(machine, () => ({ c2c: true }));
  expect(drawTopology(direct, { width: 200 })).toContain("C2C");
  expect(topologyDigest(direct)).not.toBe(topologyDigest(machine));
  const called = named(machine, (_, i) => ({ productName: "NVIDIA L40S", index: i }));
  expect(topologyDigest(called)).toBe(topologyDigest(machine));
  expect(diffTopologies(machine, direct).some(({ path }) => path.endsWith(".c2c"))).toBe(true);
});

/** What the driver tells where sysfs has -1, and the other way round. */
test("a node that only one source knows is the merged one, in either order", () => {
  fc.assert(
    fc.property(wideTopology, fc.array(fc.boolean(), { maxLength: 64 }), (machine, who) => {
      const knows = (i: number): boolean => who[i % Math.max(1, who.length)] ?? true;
      const seen = (of: (i: number) => boolean, source: string): Topology => ({
        ...machine,
        source,
        pci: machine.pci.map((device, i) => (of(i) ? device : { ...device, node: null })),
      });
      const sysfs = seen(knows, "sysfs");
      const driver = seen((i) => !knows(i), "nvidia-smi");
      for (const parts of [
        [sysfs, driver],
        [driver, sysfs],
      ]) {
        const { topology, findings } = mergeTopologies(parts);
        expect(findings).toEqual([]);
        expect(topology.pci.map(({ node }) => node)).toEqual(machine.pci.map(({ node }) => node));
      }
    }),
  );
});

test("memory and links that only one source knows are merged, in either order", () => {
  const machine = machineOf("hgx-h100");
  const [first] = machine.accelerators;
  const without = named(machine, (one) =>
    one === first ? { memoryBytes: null, model: null } : {},
  );
  const others = named({ ...machine, source: "nvidia-smi" }, (one) =>
    one.address === first?.address ? { memoryBytes: 85_520_809_984 } : { memoryBytes: null },
  );
  for (const parts of [
    [without, others],
    [others, without],
  ]) {
    const { topology, findings } = mergeTopologies(parts);
    expect(findings).toEqual([]);
    expect(topology.accelerators[0]).toMatchObject({
      memoryBytes: 85_520_809_984,
      model: first?.model,
    });
  }
  expect(topologyWarnings(machine)).toEqual(
    topologyWarnings(mergeTopologies([machine, machine]).topology),
  );
});
