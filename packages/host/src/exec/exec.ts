import { flushCompileCache } from "node:module";
import { type ErrorDetail, EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { emptySet } from "@evenkeel/core/set/index-set.ts";
import type { Binding } from "@evenkeel/core/binding/binding.ts";
import { type Far, farFrom } from "@evenkeel/core/binding/far.ts";
import { bindingVariable, promiseText } from "@evenkeel/core/binding/promise.ts";
import { libraryVariables } from "@evenkeel/core/binding/libraries.ts";
import type { Variables } from "@evenkeel/core/binding/visible/variables.ts";
import { loadProcessCalls, type ProcessCalls } from "../native/process-calls.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { become, restoreSignals, softFileLimit, statusOfFailure } from "./become.ts";
import { byPrograms } from "./by-programs.ts";
import { type Binder, carryOut, DEADLY, errorName, type Reached } from "./carry-out.ts";
import type { Decider } from "./decide.ts";
import { findProgram } from "./find-program.ts";
import { wasHangupIgnored } from "./hangup.ts";
import { type Held, holdCores } from "./hold-cores.ts";
import type { GivenFiles } from "./inherited-files.ts";
import { leaseFolder, leasesHere } from "./leases.ts";
import { narrowedByLauncher } from "./narrowed.ts";
import { lastWords, ownVariables, withVariables } from "./own-words.ts";
import { deadlyCalls, isFiltered } from "./seccomp.ts";
import { notFound, notRun } from "./unrunnable.ts";
import { whoseFolder } from "./whose-folder.ts";

/** A command to become. */
export interface Command {
  /** Its name and words; never empty. */
  readonly words: readonly string[];
  readonly variables: Variables;
  /** NCCL's topology file, where there is one for this machine. */
  readonly ncclFile: string | null;
  /** Whether anything less than the binding is a failure. */
  readonly isRequired: boolean;
  /** The open files that this process was given, which the command is to have. */
  readonly given: GivenFiles;
  /** Says a line to people, without a stream of Node, which would change how the file is open. */
  readonly say: (line: string) => void;
  /**
   * Starts what is to look at the command while it runs, and returns what stops it. It is called
   * before anything is bound, so that what it starts is as free as this process was.
   */
  readonly watch: (() => () => void) | null;
  /** By what that finds the processes of the command which have lost their parent; else null. */
  readonly watchedAs: string | null;
}

/** Why this process is still itself, with the status to end with. */
export interface NotBecome {
  readonly status: 125 | 126 | 127;
  readonly error: EvenkeelError;
}

const EXIT_OWN = 125;

/**
 * Binds this process and becomes the command: finds the program, decides, takes leases of its cores
 * where it is to have them alone, binds, and starts it. Returns only where that fails.
 */
export async function execCommand(decider: Decider, command: Command): Promise<NotBecome> {
  const [name = ""] = command.words;
  const found = findProgram(name, command.variables["PATH"]);
  if (found.kind !== "found") return { status: found.status, error: notFound(name, found) };
  const calls = await loadProcessCalls();
  const narrowed = narrowedByLauncher(liveTree(), command.variables, process.ppid);
  const decided = decide(decider, calls, narrowed);
  if ("error" in decided) return decided;
  const start = calls === null ? startByPrograms : startByCalls(calls);
  const stopWatching = command.watch?.() ?? null;
  const ended = start(found.path, decided, command);
  stopWatching?.();
  return ended;
}

interface Decided {
  readonly binding: Binding;
  /** The accelerators that it could not be bound beside. */
  readonly far: readonly Far[];
  /** Leases, as open files. */
  readonly files: readonly number[];
  /** Sentences: what was asked for and could not be had. */
  readonly notes: readonly string[];
  /** What keeps it from more CPUs than it was given, where that can be switched off. */
  readonly narrowed: string | null;
}

type Start = (path: string, decided: Decided, command: Command) => NotBecome;

function decide(
  decider: Decider,
  calls: ProcessCalls | null,
  narrowed: string | null,
): Decided | NotBecome {
  let { answer, files, notes }: Held = { answer: decider.decide(emptySet), files: [], notes: [] };
  // Without CPUs to bind it to there are no cores to hold.
  if (
    answer.kind === "bound" &&
    answer.binding.mode === "exclusive" &&
    answer.binding.cpus !== null
  ) {
    const without = leasesHere() ?? (calls === null ? "koffi is not installed" : null);
    if (without === null && calls !== null) {
      ({ answer, files, notes } = holdCores(decider, leaseFolder, calls.lock));
      const whose = whoseFolder(leaseFolder);
      if (whose !== null) notes = [...notes, `commands elsewhere may take these cores: ${whose}`];
    } else {
      notes = [`no other command is kept off these cores: ${without}`];
    }
  }
  if (answer.kind === "bound") {
    const { binding } = answer;
    const far = farFrom(decider.topology, binding);
    return { binding, far, files, notes: [...far.map(farText), ...notes], narrowed };
  }
  return impossible(answer.message, {
    expected: answer.expected,
    remedy:
      narrowed !== null
        ? narrowed
        : answer.why === "unnamed"
          ? "evenkeel topology shows the GPUs of this machine"
          : "choose another --mode: evenkeel exec --help tells what each takes",
  });
}

/** Binds and becomes by system calls. */
function startByCalls(calls: ProcessCalls): Start {
  return (path, decided, command) => {
    const { binding, files } = decided;
    const deadly = isFiltered(liveTree()) ? deadlyCalls() : new Set();
    const binder: Binder = {
      setAffinity: (cpus) => (deadly.has("sched_setaffinity") ? DEADLY : calls.setAffinity(cpus)),
      setMemoryPolicy: (policy, nodes) =>
        deadly.has("set_mempolicy") ? DEADLY : calls.setMemoryPolicy(policy, nodes),
    };
    const reached = carryOut(binding, binder);
    const short = tell(decided, reached, command);
    if (short !== null) return short;
    const changes = changesFor(binding, reached, command);
    const words = lastWords(command.words);
    const variables = withVariables(ownVariables(command.variables), changes);
    const ignoresHangup = wasHangupIgnored(command.variables);
    const program = { path, words, variables, ignoresHangup };
    const { given } = command;
    const error = become(program, { ...given, files: [...given.files, ...files] }, calls);
    return { status: statusOfFailure(error), error: notRun(path, errorName(error)) };
  };
}

/**
 * Binds by numactl or taskset, and limits by prlimit, each of which becomes the next, where koffi
 * is not installed.
 */
const startByPrograms: Start = (path, decided, command) => {
  const { binding } = decided;
  const searched = command.variables["PATH"];
  const { words, reached } = byPrograms(binding, path, searched, {
    softFiles: softFileLimit(),
    ignoresHangup: wasHangupIgnored(command.variables),
  });
  const short = tell(decided, reached, command);
  if (short !== null) return short;
  const changes = changesFor(binding, reached, command);
  const variables = Object.fromEntries(
    [
      ...Object.entries(command.variables),
      ...changes.map(({ name, value }) => [name, value]),
    ].flatMap(([name, value]) =>
      name === undefined || value === undefined ? [] : [[name, value]],
    ),
  );
  restoreSignals();
  const [, ...rest] = command.words;
  const [first] = words;
  flushCompileCache();
  // Node ends with an error of its own where this fails; all that can be seen before was.
  if (first === undefined) process.execve?.(path, [...command.words], variables);
  else process.execve?.(first, [...words, path, ...rest], variables);
  return { status: EXIT_OWN, error: notRun(path, "Node before 22.15 and no koffi") };
};

/** Says what was reached; a failure where that is too little. */
function tell(
  { binding, far, notes, narrowed }: Decided,
  reached: Reached,
  { say, isRequired }: Command,
): NotBecome | null {
  const unknowns = binding.unknowns.map(({ what, tells }) => `${what} (${tells} would tell)`);
  const shortfalls = [...unknowns, ...withoutNics(binding), ...reached.refused, ...notes];
  const isWhole =
    binding.cpus !== null &&
    reached.cpus === binding.cpus &&
    reached.memory === (binding.memoryNodes === null ? "none" : binding.memory) &&
    shortfalls.length === 0;
  if (isRequired && !isWhole) {
    const why = shortfalls.length === 0 ? "it sees no GPU" : shortfalls.join("; ");
    return impossible(`the command cannot be bound as asked: ${why}`, {
      remedy: "without --require it runs as far as it can be bound",
    });
  }
  say(reachedText(binding, far, reached));
  if (narrowed !== null) say(narrowed);
  for (const each of shortfalls) say(`not as asked: ${each}`);
  return null;
}

function farText({ address, node, without }: Far): string {
  return `GPU ${address} is on node ${node}, of which it may use no ${without}`;
}

/** Says that there are no NICs where they were asked for, unless something unknown says why. */
function withoutNics({ accelerators, nics, unknowns }: Binding): readonly string[] {
  const isSaid = unknowns.length > 0 || accelerators.length === 0;
  return nics?.length === 0 && !isSaid ? ["no RDMA NIC is on the node of its GPUs"] : [];
}

/** One line: `CPUs 0-13, memory of node 0 (strict), beside GPU 0000:1b:00.0`. */
function reachedText(
  { accelerators, reasons, unknowns }: Binding,
  far: readonly Far[],
  { cpus, memory, memoryNodes, refused }: Reached,
): string {
  if (cpus === null && memoryNodes === null) {
    // Otherwise a line follows for everything that was not as asked.
    const isSaid = unknowns.length > 0 || refused.length > 0;
    return isSaid ? "not bound" : ["not bound", ...reasons].join(": ");
  }
  const distant = new Set(far.map(({ address }) => address));
  const beside = accelerators
    .map(({ address }) => address)
    .filter((address) => !distant.has(address))
    .join(", ");
  return [
    cpus === null ? "CPUs as before" : `CPUs ${cpus}`,
    memoryNodes === null ? "memory as before" : `memory of node ${memoryNodes} (${memory})`,
    ...(beside === "" ? [] : [`beside GPU ${beside}`]),
  ].join(", ");
}

/** The variables that the command gets beside its own. */
function changesFor(
  binding: Binding,
  { cpus, memory, memoryNodes }: Reached,
  { variables, ncclFile, watchedAs }: Command,
): readonly { readonly name: string; readonly value: string }[] {
  const promise = {
    cpus,
    memory,
    memoryNodes,
    mode: binding.mode,
    accelerators: binding.accelerators.map(({ address }) => address),
  };
  return [
    ...libraryVariables({ ...binding, cpus }, variables, ncclFile),
    { name: bindingVariable, value: promiseText(promise, watchedAs) },
  ];
}

function impossible(message: string, detail: ErrorDetail): NotBecome {
  return { status: EXIT_OWN, error: new EvenkeelError("binding-impossible", message, detail) };
}
