import { indices, indexSet } from "../../set/index-set.ts";
import { formatList, parseList } from "../../set/list-format.ts";
import type { Access } from "../topology.ts";
import type { BuiltNode } from "./build-nodes.ts";
import { type Described, impossible } from "./fault.ts";

/**
 * The entries of HMAT for each pair of nodes; the last statement about a pair counts. Initiators
 * are nodes with CPUs; without targets, each initiator accesses its own memory.
 */
export function buildAccess(described: Described, nodes: readonly BuiltNode[]): Access[] {
  const ids = nodes.map(({ id }) => id);
  const present = new Set(ids);
  const withCpus = nodes.filter(({ parts }) => parts.cpus !== "").map(({ id }) => id);
  const found = new Map<string, Access>();
  for (const { nodes: from, targets, ...figures } of described.machine.access) {
    const initiators = from === null ? withCpus : numbersIn(from);
    const stray = [...initiators, ...numbersIn(targets ?? "")].find((id) => !present.has(id));
    if (stray !== undefined) {
      const there = formatList(indexSet(ids));
      const message = `node ${stray} does not exist`;
      throw impossible(described, "access", message, `nodes among ${there}`, from);
    }
    const idle = initiators.find((id) => !withCpus.includes(id));
    if (idle !== undefined) {
      const message = `node ${idle} has no CPUs to access memory from`;
      const expected = `nodes among ${formatList(indexSet(withCpus))}`;
      throw impossible(described, "access", message, expected, from);
    }
    for (const initiator of initiators) {
      for (const target of targets === null ? [initiator] : numbersIn(targets)) {
        found.set(`${initiator} ${target}`, { initiator, target, ...figures, basis: "hmat" });
      }
    }
  }
  return [...found.values()];
}

const numbersIn = (list: string): number[] => indices(parseList(list) ?? indexSet([]));
