import { bind } from "@evenkeel/core/binding/bind.ts";
import { type BindingMode, bindingModes } from "@evenkeel/core/binding/binding.ts";
import { emptySet, indexSet } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { acceleratorOf, type Binder, type Outcome, refused, type Worker } from "./case.ts";

/** `evenkeel exec` in each of its modes, as a launcher's rank or for a GPU that it is told. */
export const ourBinders: readonly Binder[] = bindingModes.map((mode) => ({
  name: "evenkeel exec",
  mode,
  bind: (worker) => ours(worker, mode),
}));

function ours(worker: Worker, mode: BindingMode): Outcome {
  const { topology, all, seen, rank, count, allowed, vendor } = worker;
  const numbers = seen?.map((address) => all.indexOf(address)).join(",");
  const variable = vendor === "nvidia" ? "CUDA_VISIBLE_DEVICES" : "HIP_VISIBLE_DEVICES";
  const answer = bind({
    topology,
    usable: new Set(all),
    rocmOrder: vendor === "amd" ? all : null,
    variables: { CUDA_DEVICE_ORDER: "PCI_BUS_ID", [variable]: numbers },
    // No library's order of other accelerators is certain: they are named.
    wanted:
      vendor === "other"
        ? { kind: "named", words: [acceleratorOf(worker) ?? ""] }
        : { kind: "rank", rank: { rank, count, from: "LOCAL_RANK" } },
    mode,
    memory: "strict",
    withNics: false,
    allowedCpus: allowed,
    allowedNodes: indexSet(topology.nodes.map(({ id }) => id)),
    heldCpus: emptySet,
  });
  if (answer.kind === "refused") return refused;
  const { cpus, memoryNodes, unknowns } = answer.binding;
  if (cpus === null) return { kind: "left" };
  return {
    kind: "bound",
    cpus: setOf(cpus),
    memoryNodes: memoryNodes === null ? null : setOf(memoryNodes),
    // Where nobody tells the cores, it says so and takes the node.
    isAlone: mode === "exclusive" && unknowns.length === 0,
  };
}
