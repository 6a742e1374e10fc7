import type { Command } from "@stricli/core";
import type { CliCommand } from "./command/command.ts";
import { commands, shownCommands } from "./commands/commands.ts";
import type { CliContext } from "./command/context.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging } from "./text/table.ts";

type Parameters = Command<CliContext>["parameters"];
type Flag = NonNullable<Parameters["flags"]>[string];
type Positional = NonNullable<Parameters["positional"]>;

/** What lines leave free of the terminal's width, among them their indentation. */
const MARGIN = 4;

/**
 * The help of a command, or of `evenkeel` as a whole if no command is named, in lines of at most
 * `columns`.
 */
export function helpOf([name]: readonly string[], columns: number): string {
  const entry = commands.find((command) => command.name === name);
  return entry === undefined ? overview(columns) : commandHelp(entry, columns);
}

/** The flags of every command, each with its meaning. */
export const sharedFlags: readonly (readonly [string, string])[] = [
  ["-h, --help", "print this help; after a command, the help of that command"],
  ["-v, --version", "print the version"],
  ["-o, --output FORM", "text or json, of every command that answers; some have more"],
];

/** What to begin with. */
export function firstExamples(): CliCommand["examples"] {
  return ["topology", "place"].flatMap(
    (name) => commands.find((command) => command.name === name)?.examples.slice(0, 2) ?? [],
  );
}

function overview(columns: number): string {
  const rows = shownCommands.map(({ name, command }) => [name, command.brief] as const);
  return `${[
    "evenkeel: GPU VMs that behave the same way twice",
    "",
    "One exact placement, shown to the guest, proven at run time.",
    "",
    "Usage",
    "  evenkeel COMMAND [ARGUMENTS]",
    "",
    "Commands",
    ...described(rows, columns),
    "",
    "Flags",
    ...described(sharedFlags, columns),
    "",
    "Examples",
    ...exampleLines(firstExamples(), columns),
    "",
    "Exit status",
    ...indented(
      wrap(
        "0 done   1 a bug in evenkeel   2 unusable input   3 no   4 not enough is known",
        columns - 2,
      ),
    ),
  ].join("\n")}\n`;
}

function commandHelp(
  { name, command, description, examples }: CliCommand,
  columns: number,
): string {
  const { positional, flags } = command.parameters;
  const argumentRows = (positional === undefined ? [] : positionals(positional)).map(
    ({ placeholder = "", brief }) => [placeholder, brief] as const,
  );
  const flagRows = Object.entries(flags ?? {}).map(
    ([flagName, flag]) =>
      [
        `${letterOf(flagName, command.parameters).padEnd(4)}--${flagName} ${valueOf(flag)}`.trimEnd(),
        `${flag.brief}${defaultOf(flag)}`,
      ] as const,
  );
  return `${[
    ...wrap(`evenkeel ${name}: ${command.brief}`, columns, "  "),
    "",
    "Usage",
    ...usageLines(name, command.parameters, columns),
    ...description.flatMap((paragraph) => ["", ...wrap(paragraph, columns - MARGIN)]),
    ...(argumentRows.length > 0 ? ["", "Arguments", ...described(argumentRows, columns)] : []),
    "",
    "Flags",
    ...described([...flagRows, ["-h, --help", "print this help"]], columns),
    "",
    "Examples",
    ...exampleLines(examples, columns),
  ].join("\n")}\n`;
}

/** The share of the width that names may take. A longer one stands in a line above its meaning. */
const NAMES_SHARE = 0.4;

/** Names with their meanings beside them, wrapped. */
function described(rows: readonly (readonly [string, string])[], columns: number): string[] {
  const lengths = rows.map(([name]) => name.length);
  const short = lengths.filter((length) => length <= columns * NAMES_SHARE);
  const label = Math.max(...(short.length > 0 ? short : lengths));
  return rows.flatMap(([name, meaning]) => {
    const lines = wrap(meaning, columns - MARGIN - label - 4);
    return name.length > label
      ? [`  ${name}`, ...hanging(" ".repeat(label + 4), lines)]
      : hanging(`  ${name.padEnd(label)}  `, lines);
  });
}

/** `-o, ` for a flag that has a letter; empty for others. */
export function letterOf(flag: string, { aliases = {} }: Parameters): string {
  const letter = Object.entries(aliases).find(([, name]) => name === flag)?.[0];
  return letter === undefined ? "" : `-${letter}, `;
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

function exampleLines(examples: CliCommand["examples"], columns: number): string[] {
  return examples.flatMap(({ does, lines }) => [
    ...indented(wrap(`${does}:`, columns - 2)),
    ...indented(indented(lines.flatMap((line) => shellLines(line, columns - 4)))),
  ]);
}

/** A line for a shell, continued before a flag, a pipe or a redirection where it is too long. */
export function shellLines(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const piece of line.split(/(?<=\S )(?=--|\||>)/)) {
    if (`${current}${piece} \\`.length > width && current.trim() !== "") {
      lines.push(`${current}\\`);
      current = `    ${piece}`;
    } else current += piece;
  }
  return [...lines, current];
}

function usageLines(name: string, parameters: Parameters, columns: number): string[] {
  const start = `evenkeel ${name} `;
  const words = usageWords(parameters);
  // Lines must not be broken at the blanks within words.
  const glued = words.map((word) => word.replaceAll(" ", "\u00a0")).join(" ");
  const lines = wrap(`${start}${glued}`.trimEnd(), columns - MARGIN, " ".repeat(start.length));
  return indented(lines.map((line) => line.replaceAll("\u00a0", " ")));
}

/** The arguments and flags of a command as its usage names them: `[--state DIR]`. */
export function usageWords({ positional, flags }: Parameters): readonly string[] {
  return [
    ...(positional === undefined ? [] : argumentWords(positional)),
    ...Object.entries(flags ?? {}).map(([flagName, flag]) => usageOf(flagName, flag)),
  ];
}

/** Arguments as the usage shows them: `VM`, `[COMMAND]`, `[SRC]...`. */
function argumentWords(positional: Positional): string[] {
  if (positional.kind === "array") {
    const { parameter, minimum = 0 } = positional;
    const word = parameter.placeholder ?? "";
    return [minimum > 0 ? `${word}...` : `[${word}]...`];
  }
  return positionals(positional).map(({ placeholder = "", optional }) =>
    optional === true ? `[${placeholder}]` : placeholder,
  );
}

function usageOf(name: string, flag: Flag): string {
  const text = `--${name} ${valueOf(flag)}`.trimEnd();
  const optional = flag.optional === true || ("default" in flag && flag.default !== undefined);
  const many = "variadic" in flag && flag.variadic !== undefined && flag.variadic !== false;
  return `${optional ? `[${text}]` : text}${many ? "..." : ""}`;
}

/** What a flag takes: `DIR`, `text|json`; empty where it takes nothing. */
export function valueOf(flag: Flag): string {
  if (flag.kind === "boolean" || flag.kind === "counter") return "";
  return flag.placeholder ?? (flag.kind === "enum" ? flag.values.join("|") : "VALUE");
}

/** The default of a flag, as it follows its meaning; empty where it has none. */
export function defaultOf(flag: Flag): string {
  const value = "default" in flag ? flag.default : undefined;
  return typeof value === "string" ? ` (${value} if not given)` : "";
}

interface Argument {
  readonly placeholder?: string;
  readonly brief: string;
  readonly optional?: boolean;
}

/** The arguments of a command that are no flags. */
export function positionals(positional: Positional): readonly Argument[] {
  return positional.kind === "tuple" ? positional.parameters : [positional.parameter];
}
