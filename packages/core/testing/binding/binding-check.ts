import type { BindInput } from "../../src/binding/bind.ts";
import type { Binding } from "../../src/binding/binding.ts";
import { indices } from "../../src/set/index-set.ts";
import { setOf } from "../../src/set/list-format.ts";

/**
 * Checks a binding without the search that made it: by counting CPUs and nodes one by one. Returns
 * what is wrong with it, in words.
 *
 * @param homes the node of each accelerator, as the machine was made; null where it has none.
 */
export function bindingFaults(
  { topology, allowedCpus, allowedNodes, heldCpus, mode, memory }: BindInput,
  { accelerators, cpus, memoryNodes }: Binding,
  homes: ReadonlyMap<string, number | null>,
): readonly string[] {
  const faults: string[] = [];
  const allowed = new Set(indices(allowedCpus));
  const mems = new Set(indices(allowedNodes));
  const held = new Set(indices(heldCpus));
  const given = cpus === null ? null : indices(setOf(cpus));
  const nodeOf = new Map(
    topology.nodes.flatMap(({ id, cpus: list }) =>
      indices(setOf(list ?? "")).map((cpu) => [cpu, id] as const),
    ),
  );
  const nodesOf = accelerators.map(({ address }) => homes.get(address) ?? null);
  const placeOf = (node: number): number => topology.nodes.findIndex(({ id }) => id === node);
  const far = (a: number, b: number): number | null =>
    topology.distances?.[placeOf(a)]?.[placeOf(b)] ?? null;
  const usable = new Set([...allowed].flatMap((cpu) => nodeOf.get(cpu) ?? []));
  const packageOf = new Map(topology.nodes.map((node) => [node.id, node.package]));

  if (given?.length === 0) faults.push("it has no CPU");
  if (given !== null && nodesOf.includes(null)) faults.push("it is bound beside an unknown node");
  for (const cpu of given ?? []) {
    if (!allowed.has(cpu)) faults.push(`CPU ${cpu} is not allowed`);
    if (mode === "exclusive" && held.has(cpu)) faults.push(`CPU ${cpu} is another's`);
    const node = nodeOf.get(cpu);
    const serves = nodesOf.some((home) => {
      if (home === null || node === undefined) return false;
      if (node === home) return true;
      const isSocket = mode === "socket" && packageOf.get(home) !== null;
      if (isSocket && packageOf.get(node) === packageOf.get(home)) return true;
      const hasOwn = usable.has(home);
      const hasPackage =
        isSocket && [...usable].some((id) => packageOf.get(id) === packageOf.get(home));
      if (hasOwn || hasPackage) return false;
      const [here, others] = [far(home, node), [...usable].map((id) => far(home, id))];
      return usable.size === 1 || (here !== null && others.every((x) => x !== null && x >= here));
    });
    if (!serves) faults.push(`CPU ${cpu} on node ${node} is beside none of its accelerators`);
  }
  if ((mode === "node" || mode === "socket") && given !== null) {
    const nodes = new Set(given.map((cpu) => nodeOf.get(cpu)));
    for (const cpu of allowed) {
      if (nodes.has(nodeOf.get(cpu)) && !given.includes(cpu)) faults.push(`CPU ${cpu} is left out`);
    }
  }
  if (memory === "none" && memoryNodes !== null) faults.push("it has memory that nobody asked for");
  const withMemory = topology.nodes.filter(({ memoryBytes }) => memoryBytes !== 0);
  for (const node of memoryNodes === null ? [] : indices(setOf(memoryNodes))) {
    if (!mems.has(node)) faults.push(`node ${node} is not allowed`);
    if (!withMemory.some(({ id }) => id === node)) faults.push(`node ${node} has no memory`);
  }
  return faults;
}
