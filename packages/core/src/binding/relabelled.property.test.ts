import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bindInput } from "../../testing/binding/bind-input.ts";
import { wideTopology } from "../../testing/topology/arbitrary-machine.ts";
import { indexSet, indices, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { knownCpus } from "../topology/node-facts.ts";
import type { Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import { bind, type BindInput } from "./bind.ts";
import { bindingModes } from "./binding.ts";

/**
 * Numbers of nodes and CPUs are labels. Renumbered in the same order, as where there are holes, a
 * machine binds alike, with the other labels.
 */

interface Labels {
  readonly node: (id: number) => number;
  readonly cpu: (id: number) => number;
}

const listed = (list: string, label: (id: number) => number): string =>
  formatList(indexSet(indices(setOf(list)).map(label)));

function relabelled(topology: Topology, { node, cpu }: Labels): Topology {
  const nodeOrNull = (id: number | null): number | null => (id === null ? null : node(id));
  return {
    ...topology,
    nodes: topology.nodes.map((one) => ({
      ...one,
      id: node(one.id),
      cpus: one.cpus === null ? null : listed(one.cpus, cpu),
    })),
    cores: topology.cores.map((core) => ({
      ...core,
      node: nodeOrNull(core.node),
      cpus: listed(core.cpus, cpu),
    })),
    pci: topology.pci.map((device) => ({ ...device, node: nodeOrNull(device.node) })),
    access: [],
  };
}

test("renumbered nodes and CPUs change nothing but the numbers", () => {
  fc.assert(
    fc.property(
      wideTopology,
      fc.constantFrom(...bindingModes),
      fc.array(fc.nat({ max: 3 }), { minLength: 64, maxLength: 64 }),
      fc.nat(),
      (topology, mode, gaps, pick) => {
        const all = topology.accelerators.map(({ address }) => address);
        fc.pre(all.length > 0);
        const label = (id: number): number =>
          id + gaps.slice(0, id + 1).reduce((total, gap) => total + gap, 0);
        const labels: Labels = { node: label, cpu: (id) => 2 * id + at(gaps, 0) };
        const every = unionAll(topology.nodes.map(knownCpus));
        const input = (machine: Topology, allowed: readonly number[]): BindInput =>
          bindInput(machine, {
            rocmOrder: all,
            variables: { CUDA_DEVICE_ORDER: "PCI_BUS_ID" },
            wanted: { kind: "named", words: [at(all, pick % all.length)] },
            mode,
            withNics: true,
            allowedCpus: indexSet(allowed),
          });
        const allowed = indices(every).filter((cpu) => cpu % 5 !== pick % 7);
        const plain = bind(input({ ...topology, access: [] }, allowed));
        const other = bind(input(relabelled(topology, labels), allowed.map(labels.cpu)));
        expect(other.kind).toBe(plain.kind);
        if (plain.kind === "refused" || other.kind === "refused") return;
        const { cpus, memoryNodes, accelerators } = plain.binding;
        expect(other.binding).toMatchObject({
          cpus: cpus === null ? null : listed(cpus, labels.cpu),
          memoryNodes: memoryNodes === null ? null : listed(memoryNodes, labels.node),
          threads: plain.binding.threads,
          nics: plain.binding.nics,
          accelerators: accelerators.map((one) => ({
            ...one,
            node: one.node === null ? null : labels.node(one.node),
          })),
        });
        expect(other.binding.unknowns).toHaveLength(plain.binding.unknowns.length);
      },
    ),
    { numRuns: 400 },
  );
});
