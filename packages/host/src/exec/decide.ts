import { bind, type BindingAnswer, type BindInput } from "@evenkeel/core/binding/bind.ts";
import type { Variables } from "@evenkeel/core/binding/visible/variables.ts";
import { emptySet, type IndexSet } from "@evenkeel/core/set/index-set.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSysfs } from "../sysfs/read.ts";
import { liveTree } from "../tree/directory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { acceleratorsHere, allowedHere, withPorts } from "./read-here.ts";

/** What is asked for a command. */
export type CommandRequest = Pick<BindInput, "wanted" | "mode" | "memory" | "withNics"> & {
  readonly variables: Variables;
  /** The guest nodes of its devices by the contract, where this is a guest that has one. */
  readonly contractNodes: ReadonlyMap<string, number>;
};

/** Decides again with what other commands hold. */
export interface Decider {
  readonly topology: Topology;
  readonly decide: (heldCpus: IndexSet) => BindingAnswer;
}

/**
 * Decides where a command belongs on this machine, or on the one of a tree. It reads the kernel's
 * files, which takes milliseconds, and asks the vendors' tools, which takes up to seconds, only
 * where these leave something unknown.
 */
export async function deciderHere(
  request: CommandRequest,
  tree: Tree = liveTree(),
): Promise<Decider> {
  const quick = decider(request, tree, readSysfs(withoutConfiguration(tree)));
  const answer = quick.decide(emptySet);
  if (!tree.live || answer.kind === "refused" || answer.binding.unknowns.length === 0) return quick;
  const { liveMachineTree } = await import("../machine/live-machine.ts");
  const { readMachineTree } = await import("../machine/read-machine-tree.ts");
  const { ignore } = await import("../text/note.ts");
  const full = await readMachineTree(await liveMachineTree(ignore), ignore);
  return decider(request, tree, full);
}

/**
 * The tree without the configuration space of PCI functions, which tells nothing of where they are.
 * Root would read 4 KiB of each, word by word from the device: a millisecond a function in a VM.
 */
function withoutConfiguration(tree: Tree): Tree {
  const readBytes: Tree["readBytes"] = (path) =>
    path.endsWith("/config") ? null : tree.readBytes(path);
  return { ...tree, readBytes };
}

function decider(request: CommandRequest, tree: Tree, read: Topology): Decider {
  const completed = request.withNics ? withPorts(tree, read) : read;
  const topology = withContract(completed, request.contractNodes);
  const facts = { ...acceleratorsHere(tree, topology), ...allowedHere(tree, topology) };
  return { topology, decide: (heldCpus) => bind({ ...request, ...facts, heldCpus }) };
}

/**
 * A guest's device whose node the kernel does not tell is on the node that the contract promises. A
 * node that the guest does not have is none.
 */
function withContract(topology: Topology, nodes: CommandRequest["contractNodes"]): Topology {
  const ids = new Set(topology.nodes.map(({ id }) => id));
  const pci = topology.pci.map((device) => {
    const promised = nodes.get(device.address);
    const isNews = device.node === null && promised !== undefined && ids.has(promised);
    return isNews ? { ...device, node: promised } : device;
  });
  return { ...topology, pci };
}
