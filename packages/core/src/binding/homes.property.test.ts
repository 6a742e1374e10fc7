import * as fc from "fast-check";
import { expect, test } from "vitest";
import { wideTopology } from "../../testing/topology/arbitrary-machine.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import { nodeFinder } from "./homes.ts";

/** The node of a device is one that a source told for it, or for what it hangs below. */

/** Some devices fall silent, and some say what is no node of the machine. */
const arbitraryWords = fc.array(fc.constantFrom("own", "own", "silent", "strange"), {
  minLength: 1,
  maxLength: 9,
});

function retold({ pci, ...topology }: Topology, words: readonly string[]): Topology {
  const strange = Math.max(0, ...topology.nodes.map(({ id }) => id)) + 1;
  return {
    ...topology,
    pci: pci.map((device, place) => {
      const word = words[place % words.length];
      return word === "own" ? device : { ...device, node: word === "silent" ? null : strange };
    }),
  };
}

/** All that is told of a device: by itself, what is above it, and what is below its root. */
function toldOf({ pci, nodes }: Topology, address: string): ReadonlySet<number | null> {
  const device = pci.find((one) => one.address === address);
  const around = pci.filter((one) => one.root === device?.root).map(({ node }) => node);
  const [only, ...others] = nodes;
  return new Set(others.length === 0 ? [...around, only?.id ?? null] : around);
}

test("a device's node is one of the machine, told for it or for what is around it", () => {
  fc.assert(
    fc.property(wideTopology, arbitraryWords, (topology, words) => {
      const machine = retold(topology, words);
      const ids = new Set(machine.nodes.map(({ id }) => id));
      const homeOf = nodeFinder(machine);
      for (const { address, node } of machine.pci) {
        const home = homeOf(address);
        if (node !== null && ids.has(node)) expect(home).toBe(node);
        if (home === null) continue;
        expect(ids.has(home)).toBe(true);
        expect(toldOf(machine, address).has(home)).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
});

test("where nobody tells a node, no device has one, unless the machine has one alone", () => {
  fc.assert(
    fc.property(wideTopology, (topology) => {
      const machine = retold(topology, ["silent"]);
      const [only, ...others] = machine.nodes;
      const expected = others.length === 0 ? (only?.id ?? null) : null;
      const homeOf = nodeFinder(machine);
      for (const { address } of machine.pci) expect(homeOf(address)).toBe(expected);
      expect(homeOf("0000:ff:1f.7")).toBe(expected);
    }),
    { numRuns: 200 },
  );
});

test("devices below one host bridge that disagree tell nothing of a third", () => {
  const machine = syntheticTopology("package:2 core:2 root*2[gpu:l40s] iommu:on");
  const some = at(machine.pci, 0);
  const device = (address: string, node: number | null) => {
    return { ...some, address, node, root: "pci0000:00", parent: null, physicalFunction: null };
  };
  const finderOf = (...pci: Topology["pci"]) => nodeFinder({ ...machine, pci });
  const silent = device("0000:01:00.0", null);
  const [a, b] = [device("0000:02:00.0", 1), device("0000:03:00.0", 0)];
  expect(finderOf(silent, a)("0000:01:00.0")).toBe(1);
  expect(finderOf(silent, a, b)("0000:01:00.0")).toBe(null);
});
