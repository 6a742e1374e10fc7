import { expect, test } from "vitest";
import { matrixOf } from "../../../testing/topology/merge/matrix-of.ts";
import { withoutNumbers } from "../../../testing/topology/without-numbers.ts";
import { catalogMachine, catalogNames } from "../catalog/catalog.ts";
import { interconnects } from "../interconnect.ts";
import type { Topology } from "../topology.ts";
import { mergeTopologies } from "./merge-topologies.ts";

/**
 * The kernel and NVML complete each other in both directions: `numa_node` reads -1 where firmware
 * says nothing and NVML knows; NVML says N/A in containers and guests where the kernel knows.
 */
const machines = catalogNames.flatMap((name) => {
  const machine = catalogMachine(name);
  return machine === null || machine.accelerators.length === 0 ? [] : [machine];
});

/** Without the node of the devices that NVML knows, and of what is above and beside them. */
const withoutNodes = (topology: Topology): Topology => ({
  ...topology,
  pci: topology.pci.map((device) => ({ ...device, node: null })),
});

/** The first run of a list of CPUs. */
const first = (cpus: string): string | null => cpus.split(",")[0] ?? null;

const nodesOf = (topology: Topology): (number | null)[] =>
  topology.accelerators.map(
    ({ address }) => topology.pci.find((device) => device.address === address)?.node ?? null,
  );

test.each(machines.map((machine) => [machine.name, machine] as const))(
  "%s: what one of the kernel and NVML does not tell, the other does",
  (_, machine) => {
    const kernel: Topology = { ...machine, source: "sysfs" };
    const nvml: Topology = { ...matrixOf(machine), source: "nvidia-smi" };
    const wanted = nodesOf(machine);
    for (const [one, other] of [
      [withoutNodes(kernel), nvml],
      [kernel, withoutNodes(nvml)],
    ] as const) {
      for (const parts of [
        [one, other],
        [other, one],
      ]) {
        const { topology, findings } = mergeTopologies(parts);
        expect(findings).toEqual([]);
        expect(nodesOf(topology)).toEqual(wanted);
        const [is, was] = [interconnects(topology), interconnects(machine)];
        for (const { address: a } of machine.accelerators) {
          for (const { address: b } of machine.accelerators) {
            if (a !== b) expect([a, b, is(a, b)]).toEqual([a, b, was(a, b)]);
          }
        }
      }
    }
  },
);

test("a node without a number is the one that has all its CPUs", () => {
  const machine = machines.find(({ nodes }) => nodes.length > 1);
  if (machine === undefined) throw new Error("a machine in the catalog has several nodes");
  // As old drivers say it: CPUs beside each GPU, and no node; a job may see only some of them.
  const vague = withoutNumbers(matrixOf(machine), first);
  const kernel = withoutNodes({ ...machine, accelerators: [], nics: [], pci: [], links: [] });
  for (const parts of [
    [vague, kernel],
    [kernel, vague],
  ]) {
    const { topology } = mergeTopologies(parts);
    expect(topology.nodes.map(({ id }) => id)).toEqual(machine.nodes.map(({ id }) => id));
    expect(nodesOf(topology)).toEqual(nodesOf(machine));
  }
});
