import { shellWord } from "@evenkeel/core/text/shell.ts";
import type { CliCommand } from "../command/command.ts";
import { nouns } from "./other-words.ts";
import {
  commandNamed,
  flagsOf,
  has,
  type Mended,
  positionsOf,
  type Rule,
  valuesOf,
  typedLine,
} from "./rule.ts";
import { flagForFile, sourceOf, valueFor } from "./word-meaning.ts";

/** Rules about arguments: one too many, one in place of a flag, and what is left out. */

/** An argument where a flag belongs: `place vm.yaml machine:hgx-h100`. */
const argumentForFlag: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  const positional = entry?.command.parameters.positional;
  if (entry === undefined || positional?.kind === "array") return null;
  const allowed = positional === undefined ? 0 : positional.parameters.length;
  const given = positionsOf(words, entry);
  const noun = given.find((at) => nouns.has((words[at] ?? "").toLowerCase()));
  if (noun !== undefined && given.length > allowed) return words.filter((_, i) => i !== noun);
  // The machine may stand before the file.
  const isVmCommand = has(entry, "on") && allowed > 0 && given.length > allowed;
  const misplaced = given.find(
    (at, i) => (i >= allowed || isVmCommand) && flagForFile(entry, words[at] ?? "") !== null,
  );
  const [extra] = given.slice(allowed);
  if (extra === undefined) return null;
  const asValue = valueWithoutFlag(words, entry, given);
  if (asValue !== null) return asValue;
  if (misplaced === undefined) return tooMany(entry, words, words[extra] ?? "");
  const word = words[misplaced] ?? "";
  const flag = flagForFile(entry, word) ?? "";
  return [...words.filter((_, i) => i !== misplaced), `--${flag}`, valueFor(flag, word)];
};

/** The value of a flag without the flag: `render plan.json libvirt`. */
function valueWithoutFlag(
  words: readonly string[],
  entry: CliCommand,
  given: readonly number[],
): readonly string[] | null {
  for (const at of given) {
    const word = words[at] ?? "";
    const flag = Object.keys(flagsOf(entry)).find((name) => valuesOf(entry, name).includes(word));
    if (flag !== undefined) return [...words.filter((_, i) => i !== at), `--${flag}`, word];
  }
  return null;
}

/** What to do with an argument too many, where no flag takes it. */
function tooMany(entry: CliCommand, words: readonly string[], extra: string): Mended {
  if (entry.name === "list") return ["verify", extra];
  if (entry.name === "help") return words.slice(0, 2);
  // A machine, for a command that works on this one alone.
  const machine = positionsOf(words, entry).find((at) => sourceOf(words[at] ?? "") !== null);
  if (machine !== undefined) return words.filter((_, i) => i !== machine);
  const { positional } = entry.command.parameters;
  const takesVm = positional?.kind === "tuple" && positional.parameters[0]?.placeholder === "VM";
  if (!takesVm) return null;
  const line = typedLine(words.filter((word) => word !== extra));
  return `one VM at a time: ${line}, then the same with ${shellWord(extra)}`;
}

/** What stands for a flag that is missing, where a word can. */
const likelyValues: ReadonlyMap<string, string> = new Map([
  ["on", "live"],
  ["flavor", "flavors.yaml"],
]);

/** Flags that are needed and left out, once the arguments are there. */
const missing: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  if (entry === undefined || words.includes("--help")) return null;
  const needed = entry.command.parameters.positional?.kind === "tuple" ? 1 : 0;
  if (positionsOf(words, entry).length < needed) return null;
  const isWritten = (name: string): boolean =>
    words.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const added = Object.entries(flagsOf(entry)).flatMap(([name, flag]) => {
    const isOptional = flag.optional === true || ("default" in flag && flag.default !== undefined);
    // Hosts are named one by one or in a file.
    const isNeeded = name === "on" && has(entry, "fleet") ? !isWritten("fleet") : !isOptional;
    const isGiven = isWritten(name);
    // What is linted is a file for NCCL.
    const isLint = name === "as" && isWritten("lint");
    const value = isLint ? "nccl" : flag.kind === "enum" ? flag.values[0] : likelyValues.get(name);
    return isNeeded && !isGiven && value !== undefined ? [`--${name}`, value] : [];
  });
  return added.length === 0 ? null : [...words, ...added];
};

/** These rules, in the order in which they are tried. */
export const argumentRules: readonly Rule[] = [argumentForFlag, missing];
