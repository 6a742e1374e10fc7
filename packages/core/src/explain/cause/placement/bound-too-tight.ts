import type { ThreadEvidence } from "../../../evidence/evidence.ts";
import type { Topology } from "../../../topology/topology.ts";
import { isSubset } from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { sum } from "../../../unit/sum.ts";
import { percent, unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { listed } from "../../subject/home.ts";
import type { ByNode } from "../../subject/spread.ts";
import type { Subject } from "../../subject/subject.ts";

/** The part of a node's memory from which a program may well need the channels of another too. */
const large = 1 / 3;

/** As good as all of the memory. */
const nearlyAll = 0.95;

/**
 * Binding can cost. A program that lives on memory bandwidth has half of it on one of two nodes: a
 * model of 143 GiB was served 7 % slower when it was bound to one node than when it was spread, on
 * a machine with half of its channels populated (github.com/FlashML-org/FreeToken/pull/18).
 *
 * Whether it needs that bandwidth nobody can see in a record. So it needs a twin that is spread,
 * and memory that is a large part of the node, and stays an inference. A VM's nodes are what its
 * guest was promised, and no binding of this kind.
 */
export const boundTooTight: Cause = {
  code: "bound-too-tight",
  layer: "process",
  looksFor: "a process with much memory is bound to one node, and its twin uses several",
  observable: "threads[].allowedCpus and memory[].onNodes beside the twin's",
  readFrom: "/proc/PID/{task/*/status,numa_maps} of both",
  acquittedBy: "CPUs of several nodes, or a twin that is bound too",
  followsFrom: [],
  judge: (subject, twin) => {
    const { evidence, workers, memoryByNode, topology } = subject;
    if (evidence.of === "machine" || twin === null) return irrelevant;
    if (evidence.of === "vm") return acquitted("it is a VM: its nodes are shown to its guest");
    if (topology === null || memoryByNode === null || workers === null) {
      return untold("its machine, its memory or its threads were not read");
    }
    const node = onlyNode(memoryByNode);
    if (node === null) return acquitted("its memory is on several nodes");
    const bound = areBound(workers, node, topology);
    if (bound === null) return untold("where its threads may run was not read");
    if (!bound) return acquitted("its threads may run on several nodes");
    const size = topology.nodes.find(({ id }) => id === node)?.memoryBytes ?? null;
    if (size === null) return untold(`the memory of node ${node} is not known`);
    const bytes = sum(memoryByNode.values());
    const share = `${formatBytes(bytes)}, ${percent(bytes, size)} of the memory of node ${node}`;
    if (bytes < size * large) return acquitted(`it has ${share}`);
    const other = usedByTwin(twin, topology);
    if (other === null) return untold("the nodes that its twin uses were not read");
    if (other.length < 2) return acquitted("its twin is bound too, or on another kind of machine");
    return accused({
      about: "process",
      expected: `room for its bandwidth, as its twin has on ${listed(other)}`,
      found: `bound to node ${node}, with ${share}`,
      evidence: workers.slice(0, 4).map(({ where, allowedCpus }) => {
        return `${where}/status: Cpus_allowed_list ${allowedCpus ?? ""}`;
      }),
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "restart",
        `Start it once with its memory interleaved over ${listed(other)} and its threads on all of their CPUs, and measure.`,
      ),
    });
  },
};

/** The node with nearly all of some memory; null where there is none. */
function onlyNode(memory: ByNode): number | null {
  const total = sum(memory.values());
  const most = [...memory].find(([, bytes]) => bytes > total * nearlyAll);
  return most === undefined ? null : most[0];
}

/** Whether all threads keep to the CPUs of one node; null where that is unknown. */
function areBound(
  threads: readonly ThreadEvidence[],
  node: number,
  topology: Topology,
): boolean | null {
  const cpus = topology.nodes.find(({ id }) => id === node)?.cpus ?? null;
  const known = threads.flatMap(({ allowedCpus }) => (allowedCpus === null ? [] : [allowedCpus]));
  if (cpus === null) return null;
  if (known.some((allowed) => !isSubset(setOf(allowed), setOf(cpus)))) return false;
  return known.length < threads.length || known.length === 0 ? null : true;
}

/** The nodes that a twin has a tenth of its memory on, if its machine is of the same kind. */
function usedByTwin(twin: Subject, here: Topology): readonly number[] | null {
  const { memoryByNode, topology, evidence } = twin;
  if (memoryByNode === null || topology === null) return null;
  if ((topology.machine.cpuModel === null) !== (here.machine.cpuModel === null)) return null;
  const isAlike =
    evidence.of !== "vm" &&
    topology.nodes.length === here.nodes.length &&
    topology.machine.cpuModel === here.machine.cpuModel;
  const total = sum(memoryByNode.values());
  const used = [...memoryByNode].filter(([, bytes]) => bytes >= total * 0.1);
  return isAlike ? used.map(([node]) => node) : [];
}
