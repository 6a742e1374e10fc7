import { shellLine } from "@evenkeel/core/text/shell.ts";
import type { CliCommand } from "../command/command.ts";

/** What the rules know beside the words themselves. */
export interface Known {
  readonly commands: readonly CliCommand[];
}

/** Words that may be better, or a sentence where no line does what was asked. */
export type Mended = readonly string[] | string | null;

/** Mends one kind of slip, and leaves the other words as they are; null where it finds none. */
export type Rule = (words: readonly string[], known: Known) => Mended;

/** A command line as it is typed. */
export const typedLine = ([name = "", ...rest]: readonly string[]): string =>
  shellLine(["evenkeel", ...name.split(" "), ...rest]);

type Flags = NonNullable<CliCommand["command"]["parameters"]["flags"]>;

/** The command of that name, if there is one. */
export const commandNamed = (
  name: string | undefined,
  { commands }: Known,
): CliCommand | undefined => commands.find((command) => command.name === name);

/** The flags of a command. */
export const flagsOf = ({ command }: CliCommand): Flags => command.parameters.flags ?? {};

/** Whether a command has a flag. */
export const has = (entry: CliCommand, flag: string): boolean =>
  Object.hasOwn(flagsOf(entry), flag);

/** The values that a flag may have; none where it has no list of them. */
export const valuesOf = (entry: CliCommand, name: string): readonly string[] => {
  const flag = flagsOf(entry)[name];
  return flag?.kind === "enum" ? flag.values : [];
};

/** Where the arguments of a command stand among its words. */
export function positionsOf(words: readonly string[], entry: CliCommand): readonly number[] {
  const flags = flagsOf(entry);
  const aliases: Readonly<Record<string, string | undefined>> =
    entry.command.parameters.aliases ?? {};
  const found: number[] = [];
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? "";
    const [, long, short] = /^(?:--([\w-]+)|-([A-Za-z]))$/.exec(word) ?? [];
    const name = long ?? aliases[short ?? ""] ?? "";
    if (Object.hasOwn(flags, name) && flags[name]?.kind !== "boolean") i++;
    else if (!word.startsWith("-") || word === "-") found.push(i);
  }
  return found;
}
