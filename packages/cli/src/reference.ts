import {
  JSON_LENGTH_MAX,
  YAML_FLEET_LENGTH_MAX,
  YAML_LENGTH_MAX,
} from "@evenkeel/contract/limits.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { shownCommands } from "./commands/commands.ts";
import { COLUMNS } from "./text/width.ts";
import { helpOf } from "./help.ts";

/** `docs/cli.md`: the help of every command, word for word, and what all commands share. */
export function commandReference(): string {
  return `${[
    "# The command line",
    "",
    "One binary, `evenkeel`; from a checkout, `npx evenkeel`. This page is what `--help` prints where there",
    "is no terminal: a test compares the two, and runs every example.",
    "",
    block(helpOf([], COLUMNS)),
    "",
    ...conventions,
    ...shownCommands.flatMap(({ name }) => ["", `## ${name}`, "", block(helpOf([name], COLUMNS))]),
  ].join("\n")}\n`;
}

const block = (text: string): string => `\`\`\`\n${text.trimEnd()}\n\`\`\``;

/** What all commands share, as lines of Markdown below a heading. */
export const conventions: readonly string[] = [
  "## What all commands share",
  "",
  "**Exit status.** 0: done, and nothing is wrong. 1: Evenkeel itself failed, which is a bug. 2: the command line or an",
  "input cannot be used; nothing was written. 3: done, and the answer is no: a placement is refused, two machines differ, a",
  "flavor straddles nodes. 4: not enough is known to answer; which input would tell is said. `exec` ends with the status",
  "of its command, and its own failures are 125 to 127.",
  "",
  "**Errors** are printed once, on standard error, with a code; [errors.md](errors.md) lists the codes. With `--output json`",
  'an error is one line of JSON, `{"error": { code, message, where, expected, remedy }}`, still on standard error, so that',
  "standard output holds a document or nothing. A refusal is an answer, not an error: its document goes to standard output.",
  "",
  "**Notes** are lines on standard error that begin with `note:`. They say that a tool of the machine failed, two sources",
  "disagree, an output is not whole, or it tells something that a topology has no place for, which is one note for each",
  "output. They change neither the answer nor the exit status. On a terminal a long one goes on in lines below that are",
  "indented.",
  "",
  "**Files.** Input is YAML or JSON, recognized by the name of the file (`.json`, `.yaml`) or else by its first character.",
  "Output is JSON. A YAML file may hold several documents. YAML may be " +
    `${formatBytes(YAML_LENGTH_MAX)} long, a Fleet's`,
  `${formatBytes(YAML_FLEET_LENGTH_MAX)}, JSON ${formatBytes(JSON_LENGTH_MAX)}. \`-\` is standard ` +
    "input, once per command line. A pipe will do for a file, such as `<(lscpu)` of a shell: it is read once, and waited",
  "for at most 10 s until somebody writes, 30 s between two pieces and 5 minutes in all. A file that is written appears",
  "whole or not at all.",
  "",
  "**Output.** `-o FORM` is `--output FORM`, and a word means the same for every command: `text` for people, `json` the",
  "document, `svg` a picture, `html` a page, `dot` a graph for Graphviz, `nccl` a topology file for NCCL, `libvirt` a domain.",
  "",
  "**Slips.** A command line that cannot be understood is answered with the one that was probably meant, also where another",
  "tool would have taken it (`ps`, `--json`, `-f FILE`). Nothing is run on a guess.",
  "",
  "**Names** of virtual machines, tenants and flavors have 1 to 63 lower-case letters, digits, `-` and `.`, with a letter",
  "or digit at both ends. DNS, Kubernetes, libvirt and shells take them without quoting.",
  "",
  "**Text for people**, help included, follows the width of the terminal (from 40 columns up), and has colors there unless",
  `\`NO_COLOR\` is set. In a pipe it is ${COLUMNS} columns wide and plain. No word is broken: a longer one runs over.`,
];
