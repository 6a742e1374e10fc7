import {
  beyondWords,
  memoryBeyond,
  promiseWords,
  threadsBeyond,
} from "../../../verify/bound/beyond.ts";
import { memoryBroughtBack, threadsBroughtBack } from "../../../verify/bound/brought-back.ts";
import type { BindingPromise } from "../../../binding/promise.ts";
import { indexSet } from "../../../set/index-set.ts";
import { formatList } from "../../../set/list-format.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { percent, unknownCost } from "../../../verify/verdict/check.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { cpuLines } from "./workers.ts";

/**
 * A command that `evenkeel exec` bound, and that does not keep to it any more: a second binder in
 * the framework (torchrun's, vLLM's), OpenMP with an affinity of its own, a cpuset that was changed
 * (which moves memory policies along), or somebody's taskset. Fewer CPUs are the program's choice,
 * and memory that was bound by preference may lie elsewhere.
 */
export const bindingLeft: Cause = {
  code: "binding-left",
  layer: "process",
  looksFor: "threads may run, or memory lies, elsewhere than evenkeel exec has bound them",
  observable: "threads[].allowedCpus and memory[].onNodes beside the binding of the process",
  readFrom: "/proc/PID/environ (EVENKEEL_BINDING), /proc/PID/task/*/status, /proc/PID/numa_maps",
  acquittedBy: "threads within the CPUs of the binding, and memory on its nodes; or no binding",
  followsFrom: [],
  judge: (subject) => {
    const { evidence } = subject;
    if (evidence.of === "machine") return irrelevant;
    if (evidence.process === null) return untold("its process was not read");
    const { binding } = evidence.process;
    if (binding === null) {
      // Who may read the one may read the other.
      return evidence.memory === null
        ? untold("its variables may not be read")
        : acquitted("no binding is told among its variables");
    }
    const looks = [lookAtThreads(subject, binding), lookAtMemory(subject, binding)];
    const accusations = looks.filter((look) => typeof look !== "string");
    if (accusations.length > 0) return accused(...accusations);
    const why = looks.find((look) => look !== "kept");
    if (typeof why === "string") return untold(why);
    return acquitted(`it keeps to its binding: ${promiseWords(binding)}`);
  },
};

/** What is wrong; `kept`, or else why nobody can tell. */
type Look = Accusation | string;

function lookAtThreads({ evidence: { threads } }: Subject, { cpus }: BindingPromise): Look {
  if (cpus === null) return "kept";
  if (threads === null) return "its threads were not read";
  const { beyond, unread } = threadsBeyond(cpus, threads);
  if (beyond.length === 0) {
    return unread.length === 0 ? "kept" : `where ${unread.length} threads may run was not read`;
  }
  return {
    about: "threads",
    expected: `CPUs ${cpus} for all of them`,
    found: `${beyond.length} of ${threads.length} may run elsewhere: ${beyondWords(beyond)}`,
    evidence: cpuLines(beyond),
    seen: "directly",
    cost: unknownCost,
    remedy: threadsBroughtBack(cpus, beyond),
  };
}

function lookAtMemory(
  { evidence, memory, topology }: Subject,
  { memory: how, memoryNodes }: BindingPromise,
): Look {
  if (memoryNodes === null || how !== "strict") return "kept";
  if (memory === null) return "its numa_maps was not read";
  if (topology === null) return "the machine was not read: its nodes would tell";
  const { nodes } = topology;
  const ofGpus = nodes.filter(({ kind }) => kind === "gpu").map(({ id }) => id);
  const unsure = nodes.filter(({ kind, cpus }) => kind === null && (cpus ?? "") === "");
  const left = memoryBeyond(
    memoryNodes,
    memory,
    new Set([...ofGpus, ...unsure.map(({ id }) => id)]),
  );
  if (!left.isNoticed) {
    const { isNoticed } = memoryBeyond(memoryNodes, memory, new Set(ofGpus));
    return isNoticed ? "what kind of memory a node without CPUs has is not known" : "kept";
  }
  const shares = [...left.elsewhere].map(
    ([node, bytes]) => `${percent(bytes, left.totalBytes)} on node ${node}`,
  );
  const from = formatList(indexSet(left.elsewhere.keys()));
  return {
    about: "memory",
    expected: `all on node ${memoryNodes}`,
    found: `${formatBytes(left.bytes)} elsewhere: ${shares.join(", ")}`,
    evidence: left.mappings.slice(0, 4).map(({ where, line }) => `${where}: ${line}`),
    seen: "directly",
    cost: unknownCost,
    remedy: memoryBroughtBack(evidence.process?.pid ?? null, from, memoryNodes),
  };
}
