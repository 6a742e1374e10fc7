import type { BindInput } from "../../src/binding/bind.ts";
import { allOfMachine } from "../../src/binding/nearest.ts";
import { emptySet } from "../../src/set/index-set.ts";
import type { Topology } from "../../src/topology/topology.ts";

/** A command that may use all of a machine and sees all that it has, unless more is said. */
export function bindInput(topology: Topology, more: Partial<BindInput> = {}): BindInput {
  return {
    topology,
    usable: new Set(topology.accelerators.map(({ address }) => address)),
    rocmOrder: null,
    variables: {},
    wanted: { kind: "all" },
    mode: "node",
    memory: "strict",
    withNics: false,
    ...allOfMachine(topology),
    heldCpus: emptySet,
    ...more,
  };
}
