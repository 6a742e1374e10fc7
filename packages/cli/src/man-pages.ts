import { defaultStateFolder } from "@evenkeel/host/state/paths.ts";
import type { CliCommand } from "./command/command.ts";
import { shownCommands } from "./commands/commands.ts";
import { execManual, type ManualSection } from "./commands/exec/manual.ts";
import { ownPolicyFile } from "./flags/placement.ts";
import { sourceParts, sourcesHelp } from "./flags/sources.ts";
import {
  defaultOf,
  firstExamples,
  letterOf,
  positionals,
  sharedFlags,
  shellLines,
  usageWords,
  valueOf,
} from "./help.ts";
import { conventions } from "./reference.ts";

/**
 * Manual pages from what the commands say of themselves, as `--help` and `docs/cli.md` are: one of
 * `evenkeel`, and one of each command. They are written in the macros of man(7).
 */

/** A page, and the name of its file: `evenkeel-place.1`. */
export interface ManPage {
  readonly name: string;
  readonly text: string;
}

/** What stands at the edges of each page. */
export interface ManEdition {
  readonly version: string;
  /** The day of the edition: `2026-01-31`. */
  readonly date: string;
}

/** The pages of `evenkeel` and of all its commands. */
export function manPages(edition: ManEdition): readonly ManPage[] {
  return [
    { name: "evenkeel.1", text: page("evenkeel", edition, overview()) },
    ...shownCommands.map((entry) => {
      const name = pageOf(entry);
      return { name: `${name}.1`, text: page(name, edition, commandPage(entry)) };
    }),
  ];
}

const pageOf = ({ name }: CliCommand): string => `evenkeel-${name.replaceAll(" ", "-")}`;

const page = (name: string, { version, date }: ManEdition, lines: readonly string[]): string =>
  `.\\" Made from the help of evenkeel; a change belongs there.
.TH ${name.toUpperCase().replaceAll("-", "\\-")} 1 "${date}" "evenkeel ${version}" "Evenkeel"
.nh
.ad l
${lines.join("\n")}
`;

function overview(): string[] {
  return [
    ...section("NAME", "evenkeel \\- GPU VMs that behave the same way twice"),
    ...section("SYNOPSIS", "\\fBevenkeel\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]"),
    ...section(
      "DESCRIPTION",
      prose("One exact placement, shown to the guest, proven at run time."),
    ),
    ".SH COMMANDS",
    ...shownCommands.flatMap((entry) =>
      entryOf(`\\fB${pageOf(entry).replaceAll("-", "\\-")}\\fR(1)`, entry.command.brief),
    ),
    ".SH OPTIONS",
    ...sharedFlags.flatMap(([flag, meaning]) => entryOf(styled(flag), meaning)),
    ".SH CONVENTIONS",
    ...paragraphs(conventionTexts()),
    ".SH ENVIRONMENT",
    ...environment.flatMap(([name, meaning]) => entryOf(bold(name), meaning)),
    ".SH FILES",
    ...files.flatMap(([name, meaning]) => entryOf(italic(name), meaning)),
    ...examplesOf(firstExamples()),
    ...seeAlso(shownCommands.map(pageOf)),
  ];
}

/** Where the package has the documents that texts name by their paths in the project. */
const documents = "/usr/share/doc/evenkeel";

const environment = [
  ["EVENKEEL_STATE", `the folder that records the VMs, in place of ${defaultStateFolder}`],
  ["EVENKEEL_POLICY", `the HostPolicy of this host, in place of ${ownPolicyFile}`],
  ["LIBVIRT_DEFAULT_URI", "the libvirt to ask and to start VMs with, in place of qemu:///system"],
  ["NO_COLOR", "if set, terminals get no colors"],
  ["EVENKEEL_DEBUG", "if set, errors come with their stack"],
  ["NODE_DISABLE_COMPILE_CACHE", "if set, compiled code is not kept between commands"],
] as const;

const files = [
  [defaultStateFolder, "the records of the VMs on this host, with their plans"],
  [ownPolicyFile, "what this host keeps for itself, and which devices it gives to VMs"],
  ["~/.cache/evenkeel", "compiled code, which may be removed at any time"],
  ["/var/cache/evenkeel", "the same of root's commands"],
  [documents, "the guide, the reference of all documents, and the pages that are named here"],
] as const;

/** By the name of the command. */
const furtherSections: ReadonlyMap<string, readonly ManualSection[]> = new Map([
  ["exec", execManual],
]);

function commandPage(entry: CliCommand): string[] {
  const { name, command, description, examples } = entry;
  const { positional, flags } = command.parameters;
  // Lines are not broken between a flag and its value.
  const words = usageWords(command.parameters).map((word) =>
    styled(word.replaceAll(" ", "\u00a0")),
  );
  const given = positional === undefined ? [] : positionals(positional);
  return [
    ...section("NAME", `${escaped(pageOf(entry))} \\- ${escaped(command.brief)}`),
    ...section("SYNOPSIS", [bold(`evenkeel ${name}`), ...words].join(" ")),
    ".SH DESCRIPTION",
    ...paragraphs(description.filter((text) => text !== sourcesHelp && !isOfStatus(text))),
    ...(given.length === 0 ? [] : [".SH ARGUMENTS"]),
    ...given.flatMap(({ placeholder = "", brief }) => entryOf(styled(placeholder), brief)),
    ".SH OPTIONS",
    ...Object.entries(flags ?? {}).flatMap(([flagName, flag]) =>
      entryOf(
        styled(`${letterOf(flagName, command.parameters)}--${flagName} ${valueOf(flag)}`.trimEnd()),
        `${flag.brief}${defaultOf(flag)}`,
      ),
    ),
    ...entryOf(bold("-h, --help"), "print this help"),
    ...(description.includes(sourcesHelp) ? sourcesSection() : []),
    ...description.filter(isOfStatus).flatMap((text) => section("EXIT STATUS", prose(text))),
    ...(furtherSections.get(name) ?? []).flatMap(({ title, entries }) => [
      `.SH ${title}`,
      ...entries.flatMap(([label, meaning]) => entryOf(unbroken(label), meaning)),
    ]),
    ...examplesOf(examples),
    ...seeAlso(["evenkeel", ...neighborsOf(entry).map(pageOf)]),
  ];
}

/** A paragraph that manuals have in a section of its own. */
const isOfStatus = (text: string): boolean => text.startsWith("The exit status");

/** The ways to name a machine, one below the other. */
function sourcesSection(): string[] {
  const [first = "", ...others] = sourceParts;
  const parts = others.flatMap((part) =>
    typeof part === "string"
      ? [".PP", prose(part)]
      : part.flatMap(([form, is]) =>
          entryOf(styled(form), is ?? `what ${form.replace(":FILE", "")} prints`),
        ),
  );
  return [...section("SOURCES", prose(String(first))), ...parts];
}

/** Lines of an example begin behind this many columns, and end at this one. */
const EXAMPLE_INDENT = 11;
const PAGE_COLUMNS = 80;

function examplesOf(examples: CliCommand["examples"]): string[] {
  const width = PAGE_COLUMNS - EXAMPLE_INDENT;
  return [
    ".SH EXAMPLES",
    ...examples.flatMap(({ does, lines }, i) => [
      ...(i === 0 ? [] : [".PP"]),
      prose(`${does}:`),
      ".PP",
      ".RS 4",
      ".EX",
      ...lines.flatMap((line) => shellLines(line, width)).map(escaped),
      ".EE",
      ".RE",
      // Behind an example words are broken again.
      ".nh",
    ]),
  ];
}

/** Commands that one who reads of one of them may want next. */
const circles: readonly (readonly string[])[] = [
  ["topology", "snapshot", "prepare", "place"],
  ["place", "capacity", "render", "run", "simulate"],
  ["simulate", "simulate twins", "measure", "demo"],
  ["run", "list", "verify", "console", "stop", "adopt"],
  ["verify", "evidence", "why", "doctor", "guest"],
  ["exec", "topology", "doctor"],
];

/** The commands beside one, in the order in which all are listed. */
function neighborsOf({ name }: CliCommand): readonly CliCommand[] {
  const near = new Set(circles.filter((circle) => circle.includes(name)).flat());
  return shownCommands.filter((other) => other.name !== name && near.has(other.name));
}

const section = (title: string, text: string): string[] => [`.SH ${title}`, text];

/** Names that are not hyphenated where a line is full. */
const unbroken = (names: string): string =>
  names
    .split(", ")
    .map((name) => `\\%${bold(name)}`)
    .join(", ");

const entryOf = (label: string, meaning: string): string[] => [".TP", label, prose(meaning)];

const paragraphs = (texts: readonly string[]): string[] =>
  texts.flatMap((text, i) => (i === 0 ? [prose(text)] : [".PP", prose(text)]));

const seeAlso = (names: readonly string[]): string[] =>
  section("SEE ALSO", names.map((name) => `\\fB${escaped(name)}\\fR(1)`).join(",\n"));

/** The paragraphs of what all commands share: they are lines of Markdown, parted by empty ones. */
function conventionTexts(): readonly string[] {
  const [, ...lines] = conventions;
  return lines.join("\n").trim().split("\n\n");
}

/**
 * A text in the little Markdown of the help: code between backquotes, stresses, links. Documents
 * are named by where the package has them.
 */
function prose(text: string): string {
  const joined = text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\[[^\]]+\]\(([^)]+)\)/g, `${documents}/$1`)
    .replaceAll(/(?<!\S)docs\//g, `${documents}/`);
  return escaped(joined)
    .replaceAll(/`([^`]+)`/g, "\\fB$1\\fR")
    .replaceAll(/\*\*([^*]+)\*\*/g, "\\fB$1\\fR");
}

/** Usage as manuals print it: flags and values in bold, what is to be replaced in italics. */
function styled(usage: string): string {
  return usage
    .split(/(--[a-z-]+|\b[A-Z][A-Z0-9]*\b%?|[[\]])/)
    .map((part) => {
      if (/^[A-Z]/.test(part)) return `\\fI${escaped(part)}\\fR`;
      return /[a-z]/.test(part) ? bold(part) : escaped(part);
    })
    .join("");
}

const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;
const italic = (text: string): string => `\\fI${escaped(text)}\\fR`;

/** A text that man(7) prints as it stands: each dash is one that can be copied into a shell. */
function escaped(text: string): string {
  const plain = text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("\u00a0", "\\ ")
    .replaceAll("'", "\\(aq")
    .replaceAll(/[^\0-\x7f]/gu, (character) => {
      const code = character.codePointAt(0)?.toString(16).toUpperCase();
      return `\\[u${code?.padStart(4, "0")}]`;
    });
  return plain.startsWith(".") ? `\\&${plain}` : plain;
}
