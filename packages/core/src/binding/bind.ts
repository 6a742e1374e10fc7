import { type IndexSet, indexSet, isSubset } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { nodesText } from "../topology/draw/describe.ts";
import type { Topology } from "../topology/topology.ts";
import { type Beside, besideFinder } from "./beside.ts";
import type { Binding, BindingMode, BindingUnknown, MemoryBinding } from "./binding.ts";
import { chooseCpus, type CpuChoice } from "./cpus.ts";
import type { Variables } from "./visible/variables.ts";
import { nearest, nodesWithCpus, nodesWithMemory } from "./nearest.ts";
import { nicsBeside } from "./nics.ts";
import { bindingVariable, readPromise } from "./promise.ts";
import type { AcceleratorFacts } from "./visible/seen.ts";
import { visibleAccelerators } from "./visible/visible-accelerators.ts";
import { chooseAccelerators, type Chosen, type Wanted } from "./wanted.ts";

/** What a binding is decided from. */
export interface BindInput extends AcceleratorFacts {
  /** The command's variables: which accelerators it sees, and which of them is its own. */
  readonly variables: Variables;
  readonly wanted: Wanted;
  readonly mode: BindingMode;
  readonly memory: MemoryBinding;
  /** Whether NICs are to be chosen too. */
  readonly withNics: boolean;
  /** What the command may use, by its cpuset and the affinity it was given. */
  readonly allowedCpus: IndexSet;
  readonly allowedNodes: IndexSet;
  /** The CPUs of cores that other commands hold; only `exclusive` looks at them. */
  readonly heldCpus: IndexSet;
}

export type BindingAnswer = Bound | NotBound;

export interface Bound {
  readonly kind: "bound";
  readonly binding: Binding;
}

/** What was asked for does not exist here. */
export interface NotBound {
  readonly kind: "refused";
  /** `unnamed`: a word names no accelerator. `exclusive`: no core is left for it alone. */
  readonly why: "unnamed" | "exclusive";
  readonly message: string;
  readonly expected: string;
}

/**
 * Decides where a command runs: finds the accelerators that it works with, the node of each by the
 * PCI tree, the CPUs that the mode takes beside them, and the memory nearest to these CPUs.
 *
 * Whatever is unknown on that way leaves the CPUs and the memory as they are, and is said: a
 * command on a wrong node is slower than one that the kernel may move. It never leaves what the
 * command was allowed; where that has nothing on an accelerator's node, the nearest counts.
 *
 * Where it is unclear which accelerators a command works with, it is bound all the same if all that
 * may be meant are beside the same nodes, and its mode takes all CPUs of these.
 */
export function bind(input: BindInput): BindingAnswer {
  const { topology, mode, allowedCpus } = input;
  const visible = visibleAccelerators(input, input.variables);
  const chosen = chooseAccelerators(topology, visible, input.wanted);
  if ("message" in chosen) return { kind: "refused", why: "unnamed", ...chosen };
  const beside = besideFinder(topology, mode, allowedCpus);
  const own = chosen.addresses.map(beside);
  const unclear = whatIsUnclear(chosen, own, mode);
  const base = bare(input, chosen, own);
  if (unclear !== null || own.length === 0 || own.some(({ nodes }) => nodes.length === 0)) {
    const unknowns = [...(unclear === null ? [] : [unclear]), ...base.unknowns];
    return { kind: "bound", binding: { ...base, unknowns } };
  }
  const all = topology.accelerators.map(({ address }) => beside(address));
  const cpus = chooseCpus({
    ...input,
    own,
    all,
    visible: new Set([...sharing(input, visible.addresses), ...chosen.addresses]),
  });
  if ("message" in cpus) return { kind: "refused", why: "exclusive", ...cpus };
  return { kind: "bound", binding: completed(input, base, cpus) };
}

/**
 * The accelerators that share what a command was given with its own: all that it sees, or within
 * another command that was bound to cores of its own those of this one.
 */
function sharing(
  { variables, allowedCpus }: BindInput,
  seen: readonly string[],
): readonly string[] {
  const around = readPromise(variables[bindingVariable] ?? "");
  if (around?.mode !== "exclusive" || around.cpus === null) return seen;
  if (!isSubset(allowedCpus, setOf(around.cpus))) return seen;
  return seen.filter((address) => around.accelerators.includes(address));
}

/** What is unclear about a command's accelerators, if it matters. */
function whatIsUnclear(
  { unclear }: Chosen,
  own: readonly Beside[],
  mode: BindingMode,
): BindingUnknown | null {
  if (unclear === null) return null;
  const places = new Set(own.map(({ nodes }) => nodes.join(",")));
  const isSame = places.size === 1 && (mode === "node" || mode === "socket");
  return isSame ? null : { what: `which GPU it works with: ${unclear.why}`, tells: unclear.tells };
}

/** A binding that leaves the CPUs and the memory as they are. */
function bare(input: BindInput, chosen: Chosen, own: readonly Beside[]): Binding {
  const { topology, mode, memory, withNics } = input;
  const models = new Map(topology.accelerators.map(({ address, model }) => [address, model]));
  const network = withNics ? nicsBeside(topology, chosen.addresses) : null;
  const known = chosen.unclear === null ? own : [];
  return {
    apiVersion: "evenkeel/v1",
    kind: "Binding",
    mode,
    accelerators: known.map(({ address, home }) => {
      return { address, model: models.get(address) ?? null, node: home };
    }),
    cpus: null,
    memoryNodes: null,
    memory,
    threads: null,
    nics: chosen.unclear === null ? (network?.nics ?? null) : withNics ? [] : null,
    reasons: [chosen.reason, ...known.flatMap(whereItIs), ...(network?.reasons ?? [])],
    unknowns: [...own.flatMap(({ unknown }) => unknown ?? []), ...(network?.unknowns ?? [])],
  };
}

function whereItIs({ address, home, reason }: Beside): readonly string[] {
  if (home === null) return [];
  return [`GPU ${address} is on node ${home}${reason === null ? "" : `: ${reason}`}`];
}

function completed(
  { topology, memory, allowedNodes }: BindInput,
  base: Binding,
  { cpus, threads, reasons, unknowns }: CpuChoice,
): Binding {
  const from = nodesWithCpus(topology, cpus).map(({ id }) => id);
  const given = memory === "none" ? null : memoryNear(topology, from, allowedNodes);
  return {
    ...base,
    cpus: formatList(cpus),
    threads,
    memoryNodes: given === null || given.nodes === null ? null : formatList(given.nodes),
    reasons: [...base.reasons, ...reasons, ...(given?.reasons ?? [])],
    unknowns: [...base.unknowns, ...unknowns, ...(given?.unknowns ?? [])],
  };
}

/** The memory nearest to the nodes whose CPUs the command gets. */
function memoryNear(
  topology: Topology,
  nodes: readonly number[],
  allowed: IndexSet,
): {
  readonly nodes: IndexSet | null;
  readonly reasons: readonly string[];
  readonly unknowns: readonly BindingUnknown[];
} {
  const suitable = nodesWithMemory(topology, allowed);
  const found = nodes.map((node) => nearest(topology, node, suitable));
  const unknowns = found.flatMap(({ unknown }) =>
    unknown === null ? [] : [{ what: `the nearest memory: ${unknown}`, tells: "numactl -H" }],
  );
  const ids = new Set(found.flatMap((one) => one.nodes));
  if (unknowns.length > 0 || ids.size === 0) return { nodes: null, reasons: [], unknowns };
  const isElsewhere = nodes.some((node) => !ids.has(node));
  const reason = `memory of ${nodesText(ids)}, the nearest that it may use`;
  return { nodes: indexSet(ids), reasons: isElsewhere ? [reason] : [], unknowns };
}
