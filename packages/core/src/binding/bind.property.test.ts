import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bindInput } from "../../testing/binding/bind-input.ts";
import { bindingFaults } from "../../testing/binding/binding-check.ts";
import { wideTopology } from "../../testing/topology/arbitrary-machine.ts";
import {
  emptySet,
  type IndexSet,
  indexSet,
  indices,
  isDisjoint,
  unionAll,
} from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import { knownCpus } from "../topology/node-facts.ts";
import type { Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import { bind, type BindInput } from "./bind.ts";
import { type Binding, bindingModes, memoryBindings } from "./binding.ts";

/** Bindings on generated machines, held against a count of CPUs and nodes one by one. */

const runs = 400;

/** The order of accelerators is known, whoever made them. */
function inputFor(topology: Topology, more: Partial<BindInput> = {}): BindInput {
  return bindInput(topology, {
    rocmOrder: topology.accelerators.map(({ address }) => address),
    variables: { CUDA_DEVICE_ORDER: "PCI_BUS_ID" },
    ...more,
  });
}

const part = (members: readonly number[], keep: readonly boolean[]): IndexSet =>
  indexSet(members.filter((_, place) => keep[place % keep.length] === true));

/** Each accelerator's node by the device's own word: what the machine was made with. */
const homesOf = ({ pci, nodes }: Topology): Map<string, number | null> => {
  const [only, ...others] = nodes;
  return new Map(
    pci.map(({ address, node }) => [address, others.length === 0 ? (only?.id ?? null) : node]),
  );
};

const arbitraryKeep = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 });

test("a binding lies in what is allowed, beside its accelerators, and takes all that its mode takes", () => {
  fc.assert(
    fc.property(
      wideTopology,
      fc.constantFrom(...bindingModes),
      fc.constantFrom(...memoryBindings),
      fc.tuple(arbitraryKeep, arbitraryKeep, arbitraryKeep),
      fc.nat(),
      (topology, mode, memory, [cpus, nodes, held], pick) => {
        const all = topology.accelerators.map(({ address }) => address);
        fc.pre(all.length > 0);
        const every = unionAll(topology.nodes.map(knownCpus));
        const input = inputFor(topology, {
          mode,
          memory,
          wanted: { kind: "named", words: [at(all, pick % all.length)] },
          allowedCpus: part(indices(every), cpus),
          allowedNodes: part(
            topology.nodes.map(({ id }) => id),
            nodes,
          ),
          heldCpus: unionAll(
            topology.cores
              .filter((_, place) => held[place % held.length] === true)
              .map((core) => setOf(core.cpus)),
          ),
        });
        const answer = bind(input);
        if (answer.kind === "refused") {
          expect(mode).toBe("exclusive");
          return;
        }
        expect(bindingFaults(input, answer.binding, homesOf(topology))).toEqual([]);
      },
    ),
    { numRuns: runs },
  );
});

const bound = (input: BindInput): Binding | null => {
  const answer = bind(input);
  return answer.kind === "bound" ? answer.binding : null;
};

test("exclusive shares of all accelerators are disjoint, cover their node and are even", () => {
  fc.assert(
    fc.property(wideTopology, (topology) => {
      const bindings = topology.accelerators.map(({ address }) =>
        bound(
          inputFor(topology, { mode: "exclusive", wanted: { kind: "named", words: [address] } }),
        ),
      );
      const sets = bindings.flatMap((one) =>
        one === null || one.cpus === null ? [] : [setOf(one.cpus)],
      );
      for (const [place, set] of sets.entries()) {
        for (const other of sets.slice(place + 1)) expect(isDisjoint(set, other)).toBe(true);
      }
      // Of an even split no core is left, unless one who may be there too has a share of it.
      const isClear = bindings.every((one) => one !== null && one.cpus !== null);
      if (!isClear) return;
      const homes = new Set(bindings.map((one) => one?.accelerators[0]?.node));
      const plain = topology.nodes.filter(({ id, cpus }) => homes.has(id) && cpus !== "");
      if (plain.length < homes.size) return;
      const used = new Set(sets.flatMap((set) => indices(set)));
      for (const node of plain) {
        for (const cpu of indices(knownCpus(node))) expect(used.has(cpu)).toBe(true);
      }
    }),
    { numRuns: runs },
  );
});

test("commands that start one after the other get cores of their own until none is left", () => {
  fc.assert(
    fc.property(wideTopology, fc.array(fc.nat(), { maxLength: 12 }), (topology, picks) => {
      const all = topology.accelerators.map(({ address }) => address);
      fc.pre(all.length > 0);
      let heldCpus = emptySet;
      for (const pick of picks) {
        const one = bound(
          inputFor(topology, {
            mode: "exclusive",
            wanted: { kind: "named", words: [at(all, pick % all.length)] },
            heldCpus,
          }),
        );
        if (one === null || one.cpus === null) continue;
        expect(isDisjoint(setOf(one.cpus), heldCpus)).toBe(true);
        heldCpus = unionAll([heldCpus, setOf(one.cpus)]);
      }
    }),
    { numRuns: runs },
  );
});
