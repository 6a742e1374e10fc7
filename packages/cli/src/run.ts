import {
  type Application,
  type InputCompletion,
  proposeCompletions,
  run,
  type StricliProcess,
} from "@stricli/core";
import { applicationOf } from "./application.ts";
import type { CliCommand } from "./command/command.ts";
import { commands, shownCommands } from "./commands/commands.ts";
import type { CliContext, Proposal } from "./command/context.ts";
import { exitStatus } from "./command/exit-status.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { failureJson, failureOf, failureStack, failureText, statusOf } from "./failure.ts";
import { helpOf } from "./help.ts";
import { positionsOf } from "./slips/rule.ts";
import { asWritten, withCommandName } from "./slips/spelling.ts";
import { painter } from "./text/paint.ts";
import { terminalText } from "./text/terminal-text.ts";
import { commandUnknown, flagUnknown, type UsageHints, valueMissing } from "./usage-failure.ts";
import { aboutWords, isAboutWords } from "./command/about-words.ts";
import { widthOf } from "./text/width.ts";
import { showsColor, type Stream, type Surroundings } from "./command/surroundings.ts";

/**
 * Runs one command line to its end: it prints to the given streams, and returns the exit status. It
 * never throws.
 */
export async function runCli(typed: readonly string[], around: Surroundings): Promise<number> {
  const argv = withCommandName(asWritten(typed), commands);
  const surroundings: Surroundings = {
    ...around,
    stdout: escaping(around.stdout),
    stderr: escaping(around.stderr),
    sayNow: (text) => around.sayNow(terminalText(text)),
  };
  const thrown: unknown[] = [];
  const report = (failure: unknown): void => void thrown.push(failure);
  let finished: number | null = null;
  const finish: CliContext["finish"] = (status) => {
    finished = status;
  };
  const process: StricliProcess = {
    stdout: surroundings.stdout,
    // Errors are reported below, in one form.
    stderr: { write: () => {} },
  };
  try {
    const hints = hintsFor(argv);
    refuseInherited(argv, hints);
    refuseLongDashes(argv, hints);
    refuseEmptyValues(argv, hints);
    refuseMixedFlags(argv);
    const { version, stdout } = surroundings;
    const columns = (): number => widthOf(stdout);
    const application = applicationOf({ version, columns }, hints, report);
    await run(application, argv, contextOf(process, surroundings, application, finish));
  } catch (error) {
    report(error);
  }
  const [first] = thrown;
  if (thrown.length === 0) return finished ?? exitStatus.done;
  const status = fail(await withRightLine(first, argv), argv, surroundings);
  const ownFailure = ownFailureOf(argv);
  return ownFailure === null ? status : (finished ?? ownFailure);
}

/** The status with which a command's own failures end that becomes another; null for all others. */
export function ownFailureOf([first]: readonly string[]): number | null {
  return commands.find(({ name }) => name === first)?.ownFailure ?? null;
}

/**
 * An error about the words of a command line, with the line that was probably meant. What knows
 * that is loaded only then.
 */
async function withRightLine(thrown: unknown, argv: readonly string[]): Promise<unknown> {
  if (!isAboutWords(thrown)) return thrown;
  const { rightLine } = await import("./slips/right-line.ts");
  const remedy = rightLine(argv, { commands: shownCommands });
  if (remedy === null) return thrown;
  const { message, where } = thrown;
  // Of twenty commands, the one that was meant is enough.
  const expected = argv[0] !== undefined && isCommand(argv[0]) ? thrown.expected : null;
  return new EvenkeelError("usage", message, {
    ...(where !== null && { where }),
    ...(expected !== null && { expected }),
    remedy,
  });
}

function fail(thrown: unknown, argv: readonly string[], { stderr, env }: Surroundings): number {
  const failure = failureOf(thrown);
  const text = wantsJson(argv)
    ? failureJson(failure)
    : failureText(
        failure,
        { width: widthOf(stderr), paint: painter(showsColor(stderr, env)) },
        stderr.columns === null ? Number.POSITIVE_INFINITY : widthOf(stderr),
      );
  stderr.write(text);
  if (env["EVENKEEL_DEBUG"]) stderr.write(failureStack(thrown));
  return statusOf(failure);
}

/** The stream behind the one place that escapes what would command a terminal. */
const escaping = (stream: Stream): Stream => ({
  isTTY: stream.isTTY,
  get columns() {
    return stream.columns;
  },
  write: (text) => stream.write(terminalText(text)),
});

/** Whether a program will read the answer. Invalid command lines are judged as well. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).some(
    (word, i) =>
      /^(?:--output|-o)=json$/.test(word) ||
      (word === "json" && /^(?:--output|-o)$/.test(argv[i - 1] ?? "")),
  );
}

function contextOf(
  process: StricliProcess,
  surroundings: Surroundings,
  application: Application<CliContext>,
  finish: CliContext["finish"],
): CliContext {
  const color = showsColor(surroundings.stdout, surroundings.env);
  const context: CliContext = {
    process,
    surroundings,
    color,
    paint: painter(color),
    get columns() {
      return widthOf(surroundings.stdout);
    },
    typed: [],
    help: (name) => {
      if (name !== null && !isCommand(name)) throw commandUnknown(name, hintsFor(["help"]));
      return helpOf(name === null ? [] : [name], widthOf(surroundings.stdout));
    },
    commandNames: shownCommands.map(({ name }) => name),
    propose: (words) => propose(application, words, { ...context, typed: words }),
    finish,
  };
  return context;
}

/** Flags are proposed only after a dash, so that shells propose files elsewhere. */
async function propose(
  application: Application<CliContext>,
  words: readonly string[],
  context: CliContext,
): Promise<readonly Proposal[]> {
  const asksForFlags = words.at(-1)?.startsWith("-") === true;
  const named = words.length > 2 ? withCommandName(words, commands) : words;
  const proposals = await proposeCompletions(application, named, context);
  return [...proposals.filter(({ completion }) => !isLongName(completion)), ...secondWords(words)]
    .filter(({ kind, completion }) =>
      kind === "argument:flag" ? asksForFlags && completion !== "--" : true,
    )
    .map(({ completion, brief }) => ({ word: completion, brief }));
}

const isLongName = (word: string): boolean =>
  word.includes(" ") && commands.some(({ name }) => name === word);

/** What may follow the first word of commands whose name has two. */
function secondWords(words: readonly string[]): readonly InputCompletion[] {
  const [first, second = "", ...rest] = words;
  if (words.length !== 2 || rest.length > 0) return [];
  return shownCommands.flatMap(({ name, command }) =>
    name.startsWith(`${first} ${second}`)
      ? [
          {
            kind: "routing-target:command" as const,
            completion: name.slice(name.indexOf(" ") + 1),
            brief: command.brief,
          },
        ]
      : [],
  );
}

function hintsFor(argv: readonly string[]): UsageHints {
  const given = commands.find(({ name }) => name === argv[0]);
  return {
    commands: shownCommands.map(({ name }) => name),
    flags: given === undefined ? ["help", "version"] : [...flagsOf(given), "help"],
    meanings: given === undefined ? new Map() : meaningsOf(given),
    example: given?.examples[0]?.lines[0]?.replace(/ \\$/, " …") ?? null,
    help: given === undefined ? "evenkeel --help" : `evenkeel ${given.name} --help`,
    argv,
  };
}

/** What each flag and argument of a command is. */
function meaningsOf({ command: { parameters } }: CliCommand): ReadonlyMap<string, string> {
  const { positional, flags = {} } = parameters;
  const taken =
    positional === undefined
      ? []
      : positional.kind === "tuple"
        ? positional.parameters
        : [positional.parameter];
  return new Map([
    ...Object.entries(flags).map(([name, flag]): [string, string] => [
      name,
      flag.kind === "enum" ? `one of ${flag.values.join(", ")}` : flag.brief,
    ]),
    ...taken.map(({ placeholder = "", brief }): [string, string] => [placeholder, brief]),
  ]);
}

const flagsOf = ({ command }: CliCommand): string[] => Object.keys(command.parameters.flags ?? {});

const isCommand = (name: string): boolean => shownCommands.some((entry) => entry.name === name);

/** Refuses `--from=`: a command that takes any number of words would take it for one of them. */
function refuseEmptyValues(argv: readonly string[], hints: UsageHints): void {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  const empty = own.find((word) => /^--[a-z][\w-]*=$/i.test(word));
  if (empty !== undefined) throw valueMissing(empty.slice(2, -1), hints);
}

/**
 * Refuses flags behind the first word of another command, where no dashes part the two: a flag that
 * both have would be taken from the command in silence.
 */
function refuseMixedFlags(argv: readonly string[]): void {
  const entry = commands.find(({ name }) => name === argv[0]);
  if (entry?.ownFailure === undefined || argv.includes("--")) return;
  const [first] = positionsOf(argv, entry);
  const flag = argv.findIndex((word, i) => i > (first ?? argv.length) && /^-./.test(word));
  if (first === undefined || flag < 0) return;
  // A flag that is not ours is refused anyway, and may have taken the first word.
  const names = new Set([
    ...flagsOf(entry),
    ...Object.keys(entry.command.parameters.aliases ?? {}),
  ]);
  const isOther = (word: string): boolean =>
    /^-./.test(word) && !names.has(word.replace(/^--?|=.*$/gs, ""));
  if (argv.slice(1, first).some(isOther)) return;
  const message = `${argv[flag]} may be a flag of evenkeel or of ${argv[first]}`;
  const error = new EvenkeelError("usage", message, {
    expected: "-- before the command",
    remedy: `evenkeel ${entry.name} [FLAGS] -- CMD…`,
  });
  throw aboutWords(error);
}

/** Refuses dashes as word processors print them: a word with one would be taken for a file. */
function refuseLongDashes(argv: readonly string[], hints: UsageHints): void {
  const [, name] =
    argv.map((word) => /^[\u2010-\u2015\u2212]+(\w[\w-]*)/.exec(word)).find(Boolean) ?? [];
  if (name !== undefined) throw flagUnknown(name, hints);
}

/**
 * Refuses flags named like properties of every object. stricli looks flags up in plain objects,
 * finds `constructor` and `toString` there, and silently accepts them.
 */
function refuseInherited(argv: readonly string[], hints: UsageHints): void {
  for (const word of argv) {
    if (word === "--") return;
    const name = /^--([a-zA-Z]+)(?:=|$)/.exec(word)?.[1];
    if (name !== undefined && name in Object.prototype) throw flagUnknown(name, hints);
  }
}
