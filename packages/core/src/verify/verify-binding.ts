import { beyondWords, memoryBeyond, promiseWords, threadsBeyond } from "./bound/beyond.ts";
import { memoryBroughtBack, threadsBroughtBack } from "./bound/brought-back.ts";
import type { BindingPromise } from "../binding/promise.ts";
import type { Evidence, ThreadEvidence } from "../evidence/evidence.ts";
import { advice } from "../remedy/remedy.ts";
import { formatList } from "../set/list-format.ts";
import { indexSet } from "../set/index-set.ts";
import { formatBytes } from "../unit/bytes.ts";
import { sum } from "../unit/sum.ts";
import { affinityLine } from "./finding/threads.ts";
import {
  essentialUnverified,
  found,
  holds,
  minorUnverified,
  type Outcome,
  percent,
  together,
  unknownCost,
  whyNot,
} from "./verdict/check.ts";
import { judged } from "./verdict/judged.ts";
import type { Verdict } from "./verdict/verdict.ts";

/** A command that was bound, and what became of it. */
export interface BoundCommand {
  /** The process that became the command. */
  readonly pid: number;
  readonly host: string;
  readonly takenAt: string;
  /** What it was bound to; null where that was not told. */
  readonly promise: BindingPromise | null;
  /**
   * The evidence of its process first, then of those that it has started; or why there is none, as
   * where it has ended.
   */
  readonly processes: readonly Evidence[] | { readonly why: string };
}

/**
 * Holds the processes of a command against what `exec` bound it to: where each thread may run, and
 * where the memory lies that is their own. A process that was bound anew, and tells so, is held
 * against its own binding.
 *
 * Memory elsewhere breaks a strict binding; a preferred one allows it where its nodes are full, so
 * there it is a warning. What could not be read never makes the verdict hold.
 */
export function verifyBinding({ pid, host, takenAt, promise, processes }: BoundCommand): Verdict {
  const about = { vm: `process-${pid}`, host, takenAt, scope: "process" } as const;
  const outcome =
    "why" in processes
      ? essentialUnverified("the command", processes.why)
      : together(processes.map((evidence) => kept(evidence, promise)));
  return judged(about, outcome);
}

function kept(evidence: Evidence, ofCommand: BindingPromise | null): Outcome {
  const promise = evidence.process?.binding ?? ofCommand;
  if (promise === null) {
    const why = "its EVENKEEL_BINDING cannot be read, or is none";
    return essentialUnverified(`what ${evidence.name} is bound to`, why);
  }
  if (promise.cpus === null && promise.memoryNodes === null) {
    return essentialUnverified(`the binding of ${evidence.name}`, "it was bound to nothing");
  }
  return together([threadsKept(evidence, promise), memoryKept(evidence, promise)]);
}

function threadsKept(evidence: Evidence, { cpus }: BindingPromise): Outcome {
  const { name, threads } = evidence;
  const what = `threads of ${name}`;
  if (cpus === null) return minorUnverified(what, "it is bound to no CPUs");
  if (threads === null) return essentialUnverified(what, whyNot(evidence, "threads"));
  const { beyond, unread } = threadsBeyond(cpus, threads);
  const outcomes: Outcome[] = [];
  if (unread.length > 0) {
    const why = `where ${unread.length} of ${threads.length} may run was not read`;
    outcomes.push(essentialUnverified(what, why));
  }
  if (beyond.length > 0) outcomes.push(strayThreads(name, cpus, beyond, threads.length));
  else if (unread.length === 0) outcomes.push(holds(what, keptWords(threads.length, cpus)));
  return together(outcomes);
}

const keptWords = (threads: number, cpus: string): string =>
  threads === 1 ? `its only one keeps to CPUs ${cpus}` : `all ${threads} keep to CPUs ${cpus}`;

function strayThreads(
  subject: string,
  cpus: string,
  beyond: readonly ThreadEvidence[],
  total: number,
): Outcome {
  return found({
    code: "binding-threads",
    severity: "error",
    layer: "process",
    subject,
    promised: `all threads on CPUs ${cpus} or fewer`,
    found: `${beyond.length} of ${total} may run elsewhere: ${beyondWords(beyond)}`,
    evidence: beyond.slice(0, 8).map(affinityLine),
    cost: unknownCost,
    remedy: threadsBroughtBack(cpus, beyond),
  });
}

function memoryKept(evidence: Evidence, promise: BindingPromise): Outcome {
  const { name, memory, nodes } = evidence;
  const { memoryNodes } = promise;
  const what = `memory of ${name}`;
  if (memoryNodes === null) return minorUnverified(what, "it is bound to no nodes");
  if (memory === null) return essentialUnverified(what, whyNot(evidence, "memory"));
  const withoutCpus = (nodes ?? []).flatMap(({ id, cpus }) => (cpus === "" ? [id] : []));
  const beyond = memoryBeyond(memoryNodes, memory, new Set(withoutCpus));
  const outcomes: Outcome[] = [];
  const all = memoryBeyond(memoryNodes, memory, new Set()).bytes;
  if (all > beyond.bytes) outcomes.push(minorUnverified(what, onlyMemory(all - beyond.bytes)));
  if (beyond.isNoticed) outcomes.push(strayMemory(evidence, promise, beyond));
  if (beyond.unbound.length > 0) outcomes.push(strayPolicy(evidence, promise, beyond.unbound));
  if (!beyond.isNoticed) {
    const there = formatBytes(beyond.totalBytes - beyond.bytes);
    const less = beyond.bytes === 0 ? "" : `, ${formatBytes(beyond.bytes)} elsewhere`;
    outcomes.push(holds(what, `${there} on node ${memoryNodes}${less}; page cache left out`));
  }
  return together(outcomes);
}

const onlyMemory = (bytes: number): string =>
  `${formatBytes(bytes)} lie on nodes without CPUs: a GPU's memory is in order there`;

type Beyond = ReturnType<typeof memoryBeyond>;

function strayMemory(
  { name, process }: Evidence,
  promise: BindingPromise,
  { bytes, totalBytes, elsewhere, mappings }: Beyond,
): Outcome {
  const to = promise.memoryNodes ?? "";
  const from = formatList(indexSet(elsewhere.keys()));
  const shares = [...elsewhere].map(
    ([node, there]) => `${percent(there, totalBytes)} on node ${node} (${there} bytes)`,
  );
  return found({
    code: "binding-memory",
    severity: promise.memory === "strict" ? "error" : "warning",
    layer: "process",
    subject: name,
    promised: promiseWords(promise),
    found: `${formatBytes(bytes)} elsewhere, page cache left out: ${shares.join(", ")}`,
    evidence: mappings.slice(0, 8).map(({ where, line }) => `${where}: ${line}`),
    cost: unknownCost,
    remedy: memoryBroughtBack(process?.pid ?? null, from, to),
  });
}

function strayPolicy(
  { name }: Evidence,
  promise: BindingPromise,
  mappings: Beyond["unbound"],
): Outcome {
  const policies = mappings.map(({ policy }) =>
    policy === null || policy.nodes === "" ? "default" : `${policy.mode}:${policy.nodes}`,
  );
  const bytes = sum(mappings.flatMap(({ onNodes }) => onNodes.map((one) => one.bytes)));
  return found({
    code: "binding-policy",
    severity: "warning",
    layer: "process",
    subject: name,
    promised: promiseWords(promise),
    found: `${formatBytes(bytes)} of its memory has the policy ${[...new Set(policies)].join(", ")}`,
    evidence: mappings.slice(0, 8).map(({ where, line }) => `${where}: ${line}`),
    cost: unknownCost,
    remedy: advice("restart", "Switch off what sets a policy of its own, and start it again."),
  });
}
