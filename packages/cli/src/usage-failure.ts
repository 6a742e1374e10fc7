import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { aboutWords } from "./command/about-words.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import {
  AliasNotFoundError,
  ArgumentParseError,
  EnumValidationError,
  FlagNotFoundError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "@stricli/core";

/** What the user may have meant, and where the usage is described. */
export interface UsageHints {
  readonly commands: readonly string[];
  /** The flags of the command that was given. */
  readonly flags: readonly string[];
  /** What flags and arguments of that command are, by their names and placeholders. */
  readonly meanings: ReadonlyMap<string, string>;
  /** A line of that command that works; null where no command was given. */
  readonly example: string | null;
  /** The command line that prints the usage: `evenkeel place --help`. */
  readonly help: string;
  /** The command line itself. */
  readonly argv: readonly string[];
}

interface Detail {
  readonly expected?: string | undefined;
  readonly near?: string | null;
  /** A line to try. */
  readonly line?: string | null;
}

/** The error for an unknown command, or for a flag in place of a command. */
export function commandUnknown(input: string, hints: UsageHints): EvenkeelError {
  const flag = /^--?([\w-]+)$/.exec(input)?.[1];
  if (flag !== undefined) return flagUnknown(flag, hints);
  return usage(`there is no command ${JSON.stringify(input)}`, hints, {
    expected: `one of ${hints.commands.join(", ")}`,
    near: didYouMean(input, hints.commands),
  });
}

export function flagUnknown(input: string, hints: UsageHints): EvenkeelError {
  const near = didYouMean(input, hints.flags);
  const written = input.length === 1 ? `-${input}` : `--${input}`;
  return usage(`there is no flag ${written}`, hints, { near: near === null ? null : `--${near}` });
}

/**
 * An error of stricli's about the arguments, as an error of ours. Other errors stay as they are.
 */
export function usageFailure(thrown: unknown, hints: UsageHints): unknown {
  if (thrown instanceof FlagNotFoundError) return flagUnknown(thrown.input, hints);
  if (thrown instanceof AliasNotFoundError) {
    return usage(`there is no flag -${thrown.input}`, hints);
  }
  if (thrown instanceof EnumValidationError) {
    const { externalFlagName, input, values } = thrown;
    return usage(`--${externalFlagName} is ${JSON.stringify(input)}`, hints, {
      expected: `one of ${values.join(", ")}`,
      near: didYouMean(input, values),
    });
  }
  if (thrown instanceof UnsatisfiedFlagError) {
    const { externalFlagName: name } = thrown;
    if (hints.argv.some((word) => isFlag(word, name))) return valueMissing(name, hints);
    return usage(`--${name} is missing`, hints, { expected: hints.meanings.get(name) });
  }
  if (thrown instanceof UnexpectedFlagError) {
    return usage(`--${thrown.externalFlagName} is given twice`, hints, { expected: "it once" });
  }
  if (thrown instanceof UnsatisfiedPositionalError) {
    return usage(`${thrown.placeholder} is missing`, hints, {
      expected: hints.meanings.get(thrown.placeholder),
      line: hints.example,
    });
  }
  if (thrown instanceof UnexpectedPositionalError) {
    return usage(`there is one argument too many: ${JSON.stringify(thrown.input)}`, hints);
  }
  if (thrown instanceof ArgumentParseError) return usageFailure(thrown.exception, hints);
  return thrown;
}

/** The error for a flag without its value. */
export function valueMissing(name: string, hints: UsageHints): EvenkeelError {
  return usage(`--${name} needs a value`, hints, { expected: hints.meanings.get(name) });
}

const isFlag = (word: string, name: string): boolean =>
  word === `--${name}` || word.startsWith(`--${name}=`);

function usage(
  message: string,
  hints: UsageHints,
  { expected, near, line }: Detail = {},
): EvenkeelError {
  const seeHelp = line ?? `see ${hints.help}`;
  const remedy = near === null || near === undefined ? seeHelp : `did you mean ${near}?`;
  return aboutWords(new EvenkeelError("usage", message, { ...(expected && { expected }), remedy }));
}
