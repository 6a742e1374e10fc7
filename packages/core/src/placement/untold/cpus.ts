import type { HostState } from "../../plan/host-state.ts";
import { cpusOfPlan } from "../../plan/plan.ts";
import { indexSet, indices, isEmpty, lowest, size, unionAll } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import { knownCpus } from "../../topology/node-facts.ts";
import type { Core, MemoryNode, Topology } from "../../topology/topology.ts";
import { unknownLast } from "../../topology/unknown-last.ts";
import { usualWidth } from "../inventory/cores.ts";
import { type Question, withTopology } from "./question.ts";

/**
 * The nodes that may have more cores than are known of them: without any core, those that are not
 * known to have no CPUs; otherwise, where the node of some cores is unknown, those whose CPUs are.
 * A topology has all cores of its machine or none, so no other node has more.
 */
export function nodesOfUntoldCores({ nodes, cores }: Topology): readonly MemoryNode[] {
  if (cores.length === 0) return nodes.filter(({ cpus }) => cpus !== "");
  if (cores.every(({ node }) => node !== null)) return [];
  return nodes.filter(({ cpus }) => cpus === null);
}

/**
 * The most cores that those nodes may have. CPUs of unknown cores are cores of one thread, of which
 * a request needs no larger part than of wider ones. Cores of unknown node are on every such node
 * at once. A node of which nothing is known has more cores than the request and the host together
 * could use.
 */
export function withMostCores(question: Question): Question {
  return withTopology(question, (topology) => {
    const added: Core[] = [];
    const add = (node: MemoryNode, cpus: string): void => {
      added.push({
        id: topology.cores.length + added.length,
        package: node.package,
        die: null,
        cluster: null,
        l3: null,
        class: null,
        node: node.id,
        cpus,
      });
    };
    const homeless = topology.cores.filter(({ node }) => node === null).length;
    const width = usualWidth(topology);
    const count = topology.cores.length > 0 ? homeless : 2 * question.request.vcpus + 16;
    let next = cpusAbove(question.host);
    for (const node of nodesOfUntoldCores(topology)) {
      for (const cpu of indices(knownCpus(node))) add(node, `${cpu}`);
      if (node.cpus !== null) continue;
      for (let core = 0; core < count; core++, next += width) {
        add(node, formatList(indexSet(Array.from({ length: width }, (_, i) => next + i))));
      }
    }
    return { cores: [...topology.cores, ...added].toSorted(byLowestCpu), nodes: topology.nodes };
  });
}

/** The first CPU number that neither the topology nor a VM on the host has. */
function cpusAbove({ topology, taken, held = [] }: HostState): number {
  const { nodes, cores, offlineCpus } = topology;
  const ofVms = held.flatMap(({ vcpus }) => vcpus.map(({ cpus }) => setOf(cpus)));
  const all = unionAll([
    ...[...nodes, ...cores].map(knownCpus),
    setOf(offlineCpus),
    ...taken.map(cpusOfPlan),
    ...ofVms,
  ]);
  return isEmpty(all) ? 0 : (indices(all).at(-1) ?? size(all)) + 1;
}

function byLowestCpu(a: Core, b: Core): number {
  return unknownLast(lowest(setOf(a.cpus)), lowest(setOf(b.cpus)));
}
