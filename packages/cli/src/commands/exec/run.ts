import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { bind, type BindingAnswer, type NotBound } from "@evenkeel/core/binding/bind.ts";
import { libraryVariables } from "@evenkeel/core/binding/libraries.ts";
import { localRank, rankVariables } from "@evenkeel/core/binding/local-rank.ts";
import { allOfMachine } from "@evenkeel/core/binding/nearest.ts";
import type { Wanted } from "@evenkeel/core/binding/wanted.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { emptySet } from "@evenkeel/core/set/index-set.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { type CommandRequest, deciderHere } from "@evenkeel/host/exec/decide.ts";
import { type Command, execCommand } from "@evenkeel/host/exec/exec.ts";
import { filesGiven } from "@evenkeel/host/exec/inherited-files.ts";
import { startWatcher, watchedAs, type Watcher } from "@evenkeel/host/exec/watch/start-watcher.ts";
import { startOf } from "@evenkeel/host/procfs/process-record.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { aboutWords } from "../../command/about-words.ts";
import type { CliContext } from "../../command/context.ts";
import { readContractHere } from "../../input/read-contract.ts";
import type { ExecFlags } from "./flags.ts";

export async function runExec(
  this: CliContext,
  flags: ExecFlags,
  ...command: readonly string[]
): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const { "dry-run": dryRun, on, output } = flags;
  if (command.length === 0 && !dryRun) throw noCommand();
  if (on !== "live" && !dryRun) throw onlyDry();
  if (output === "json" && !dryRun) throw onlyPrinted();
  if (flags.verdict !== undefined && flags.verify === undefined) throw noTime();
  const { request, ncclFile } = await requestOf(flags, surroundings);
  if (on !== "live") {
    const { readTopology } = await import("../../input/read-topology.ts");
    await show(decideOn(await readTopology(on, surroundings), request));
    return;
  }
  // Before anything here opens files of its own.
  const given = filesGiven();
  const decider = await deciderHere(request);
  if (dryRun) {
    await show(decider.decide(emptySet));
    return;
  }
  if (!surroundings.isOwnProcess) throw new Error("only a process of its own becomes a command");
  const say = (line: string): void => surroundings.sayNow(`evenkeel: ${line}\n`);
  const { status, error } = await execCommand(decider, {
    words: command,
    variables: surroundings.env,
    ncclFile,
    isRequired: flags.require,
    given,
    say,
    ...watchBy(flags, say),
  });
  this.finish(status);
  throw error;

  /** Loads what prints a binding: a command that becomes another has no time for that. */
  async function show(answer: BindingAnswer): Promise<void> {
    if (answer.kind === "refused") throw refused(answer);
    const { bindingText } = await import("../../text/binding-text.ts");
    const { jsonText } = await import("../../text/json-text.ts");
    const { binding } = answer;
    const text =
      output === "json"
        ? jsonText(binding)
        : bindingText(binding, libraryVariables(binding, surroundings.env, ncclFile), command, {
            width,
            paint,
          });
    surroundings.stdout.write(text);
  }
}

/** Starts this program again, beside the command, to look at it later. */
function watchBy(
  { verify: afterMs, verdict }: ExecFlags,
  say: (line: string) => void,
): Pick<Command, "watch" | "watchedAs"> {
  if (afterMs === undefined) return { watch: null, watchedAs: null };
  const { pid, execPath, execArgv, argv } = process;
  const start = startOf(liveTree(), pid);
  const watch: Command["watch"] = () => {
    const watcher: Watcher =
      start === null
        ? { why: `/proc/${pid}/stat cannot be read` }
        : startWatcher([
            execPath,
            ...execArgv,
            argv[1] ?? "",
            "__watch",
            ...(verdict === undefined ? [] : ["--verdict", resolve(verdict)]),
            ...[pid, start, afterMs].map(String),
          ]);
    if ("stop" in watcher) return watcher.stop;
    say(`it will not be verified: ${watcher.why}`);
    return () => {};
  };
  return { watch, watchedAs: start === null ? null : watchedAs(pid, start) };
}

const everyWord = (words: readonly string[]): readonly string[] =>
  words.map((word) => word.trim()).filter((word) => word !== "");

async function requestOf(
  flags: ExecFlags,
  { env }: CliContext["surroundings"],
): Promise<{ readonly request: CommandRequest; readonly ncclFile: string | null }> {
  const { mode, memory, nic, on } = flags;
  const contract = on === "live" ? await readContractHere(liveTree()) : null;
  const nodes = (contract?.devices ?? []).flatMap(({ address, cell }) =>
    cell === null ? [] : [[address, cell] as const],
  );
  const request: CommandRequest = {
    wanted: wantedBy(flags, env),
    mode,
    memory,
    withNics: nic,
    variables: env,
    contractNodes: new Map(nodes),
  };
  const file = contract?.nccl?.file ?? null;
  return { request, ncclFile: file !== null && existsSync(file) ? file : null };
}

function wantedBy({ gpu, rank: how }: ExecFlags, env: CliContext["surroundings"]["env"]): Wanted {
  const words = everyWord(gpu);
  if (gpu.length > 0 && words.length === 0) {
    const remedy = "leave out --gpu: then all that are visible count, or the one of a local rank";
    throw usage("--gpu is empty", "numbers, PCI addresses or UUIDs", remedy);
  }
  if (words.includes("all")) {
    throw usage(
      "--gpu names GPUs, and all is none of them",
      "numbers, PCI addresses or UUIDs",
      "--rank none takes all that are visible",
    );
  }
  if (words.length > 0 && how === "auto") {
    const remedy = "leave out --rank auto: the GPUs of --gpu are the command's";
    throw usage("--gpu and --rank auto say two different things", "one of the two", remedy);
  }
  if (words.length > 0) return { kind: "named", words };
  const rank = how === "none" ? null : localRank(env);
  if (rank !== null) return { kind: "rank", rank };
  if (how !== "auto") return { kind: "all" };
  const remedy = "start it by a launcher that sets one, or name the GPU: --gpu 0";
  throw usage("there is no local rank", `one of the variables ${rankVariables.join(", ")}`, remedy);
}

/** On another machine nobody has said what the command may use: it is all of it. */
function decideOn(topology: Topology, request: CommandRequest): BindingAnswer {
  return bind({
    ...request,
    topology,
    usable: null,
    rocmOrder: null,
    ...allOfMachine(topology),
    heldCpus: emptySet,
  });
}

function refused({ why, message, expected }: NotBound): EvenkeelError {
  if (why === "unnamed") {
    return usage(message, expected, "evenkeel topology shows the GPUs of this machine");
  }
  const remedy = "choose another --mode: evenkeel exec --help tells what each takes";
  return new EvenkeelError("binding-impossible", message, { expected, remedy });
}

function usage(message: string, expected: string, remedy: string): EvenkeelError {
  return aboutWords(new EvenkeelError("usage", message, { expected, remedy }));
}

function noCommand(): EvenkeelError {
  const remedy = "write it behind two dashes: evenkeel exec --gpu 0 -- python3 serve.py";
  return usage("there is no command to become", "evenkeel exec [FLAGS] -- CMD…", remedy);
}

function noTime(): EvenkeelError {
  const remedy = "add --verify 30s, or leave out --verdict";
  return usage("--verdict says where, and nothing says when", "--verify beside --verdict", remedy);
}

function onlyPrinted(): EvenkeelError {
  const remedy = "add --dry-run, or leave out --output: the command has EVENKEEL_BINDING";
  return usage("a command's output is its own", "--dry-run beside --output json", remedy);
}

function onlyDry(): EvenkeelError {
  const remedy = "add --dry-run, or leave out --on";
  return usage("a command runs on this machine only", "--dry-run beside --on", remedy);
}
