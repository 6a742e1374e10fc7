import { existsSync } from "node:fs";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { CliCommand } from "../command/command.ts";
import { fileFlags, insteadOfFlags, ofVm, otherFlags, otherOutputs } from "./other-words.ts";
import { commandNamed, flagsOf, has, type Rule, valuesOf, typedLine } from "./rule.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { flagForFile, valueFor } from "./word-meaning.ts";

/** Rules about flags that a command does not have, and values that a flag does not have. */

/** Flags that the command does not have. */
const otherFlag: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  if (entry === undefined) return null;
  const end = words.indexOf("--");
  for (const [i, word] of words.entries()) {
    const [, dash = "", name = "", value] = /^(--?)([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === "" || (end >= 0 && i > end) || isKnown(entry, dash, name)) continue;
    const before = words.slice(0, i);
    const after = words.slice(i + 1);
    const withFlag = (flag: string, worth: readonly string[]): readonly string[] => [
      ...before,
      `--${flag}`,
      ...worth,
    ];
    // A flag with one dash: `-output json`.
    if (dash === "-" && has(entry, name)) return [...before, `--${word.slice(1)}`, ...after];
    // A value of --output as a flag: `--json`.
    const asked = name.toLowerCase() === "j" ? "json" : name.toLowerCase();
    const formed = ["output", "as"].find((flag) => valuesOf(entry, flag).includes(asked));
    if (formed !== undefined) {
      const others = withoutFlag([...before, ...after], formed);
      return [...others, `--${formed}`, asked];
    }
    const [taken, rest] = value === undefined ? takeValue(after) : [[value], after];
    // A flag for what is an argument here: `-f vm.yaml`.
    if (fileFlags.includes(name) && taken.length > 0) {
      const file = taken[0] ?? "";
      const form = ["output", "as"].find((flag) => valuesOf(entry, flag).includes(file));
      if (form !== undefined) return [...withFlag(form, taken), ...rest];
      if (entry.command.parameters.positional !== undefined) {
        return [words[0] ?? "", file, ...before.slice(1), ...rest];
      }
      const flag = flagForFile(entry, file);
      if (flag !== null) return [...withFlag(flag, [file]), ...rest];
    }
    const meant = otherFlags.get(name)?.find((flag) => flag !== name && has(entry, flag));
    if (meant !== undefined) {
      const isSwitch = flagsOf(entry)[meant]?.kind === "boolean";
      return isSwitch
        ? [...withFlag(meant, []), ...after]
        : taken.length > 0
          ? [
              ...withFlag(
                meant,
                taken.map((one) => valueFor(meant, one)),
              ),
              ...rest,
            ]
          : null;
    }
    if (didYouMean(name, Object.keys(flagsOf(entry))) !== null && name.length > 3) return null;
    const instead = insteadOfFlags.get(name) ?? (takesVmFile(entry) ? ofVm.get(name) : undefined);
    if (instead !== undefined) return instead;
    if (name === "all" || name === "a") return [...before, ...after];
    const owner = known.commands.find((other) => dash === "--" && has(other, name));
    if (owner !== undefined) return `--${name} is a flag of evenkeel ${owner.name}`;
    return null;
  }
  return null;
};

/** Whether a command reads the file of a VM. */
const takesVmFile = (entry: CliCommand): boolean => has(entry, "flavor") && has(entry, "policy");

function isKnown(entry: CliCommand, dash: string, name: string): boolean {
  if (name === "help" || name === "h" || (dash === "--" && has(entry, name))) return true;
  const aliases: Readonly<Record<string, string | undefined>> =
    entry.command.parameters.aliases ?? {};
  return dash === "-" && Object.hasOwn(aliases, name);
}

/** The value after a flag, if the next word is one. */
function takeValue([next, ...rest]: readonly string[]): readonly [
  readonly string[],
  readonly string[],
] {
  return next === undefined || (next.startsWith("-") && next !== "-")
    ? [[], next === undefined ? [] : [next, ...rest]]
    : [[next], rest];
}

/** The words without a flag and its value. */
function withoutFlag(words: readonly string[], flag: string): readonly string[] {
  return words.filter(
    (word, i) =>
      word !== `--${flag}` && !word.startsWith(`--${flag}=`) && words[i - 1] !== `--${flag}`,
  );
}

/** Values of --output and --as that other tools have. */
const otherValue: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  if (entry === undefined) return null;
  for (const [i, word] of words.entries()) {
    const [, name = ""] = /^(?:--(output|as)|-o)(?:=|$)/.exec(word) ?? [];
    const flag = /^-o(?:=|$)/.test(word) ? "output" : name;
    const values = valuesOf(entry, flag);
    const inWord = word.includes("=");
    const value = inWord ? word.slice(word.indexOf("=") + 1) : (words[i + 1] ?? "");
    if (values.length === 0 || values.includes(value) || value === "") continue;
    const others = words.filter((_, k) => k !== i && (inWord || k !== i + 1));
    if (flag === "output" && value === "wide" && has(entry, "wide")) return [...others, "--wide"];
    const lower = value.toLowerCase();
    const candidates = [value, lower, ...(otherOutputs.get(lower) ?? [])];
    // `--output qemu` of a command that says it with --as, and the reverse.
    for (const form of flag === "output" ? ["output", "as"] : ["as", "output"]) {
      const meant = candidates.find((one) => valuesOf(entry, form).includes(one));
      if (meant !== undefined) return [...others, `--${form}`, meant];
    }
    return null;
  }
  return null;
};

/** A file where a form belongs: `topology -o out.svg`, and `topology out.svg` as for lstopo. */
const outputFile: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  if (entry === undefined || valuesOf(entry, "output").length === 0) return null;
  const at = words.findIndex((word, i) => i > 0 && /\.(?:svg|json|html|dot|txt|xml)$/i.test(word));
  const word = words[at] ?? "";
  const [, given = "", file = ""] = /^(?:(--output=|-o=?))?(.+)$/.exec(word) ?? [];
  const isValue = given !== "" || /^(?:--output|-o)$/.test(words[at - 1] ?? "");
  if (at < 0 || (!isValue && (existsSync(file) || !/\.svg$/i.test(file)))) return null;
  const ending = file.slice(file.lastIndexOf(".") + 1).toLowerCase();
  const form = ending === "txt" ? "text" : ending;
  if (!valuesOf(entry, "output").includes(form)) return null;
  const others = words.filter((_, i) => i !== at && !(isValue && given === "" && i === at - 1));
  return `${typedLine([...others, "--output", form])} > ${shellWord(file)}`;
};

/** Flags behind `--`, which ends them: `place -- vm.yaml --on live`. */
const endedEarly: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  const end = words.indexOf("--");
  if (entry === undefined || end < 0) return null;
  const isFlag = (word: string): boolean => isKnown(entry, "--", word.replace(/^--|=.*$/gs, ""));
  return words.slice(end + 1).some((word) => word.startsWith("--") && isFlag(word))
    ? words.filter((_, i) => i !== end)
    : null;
};

/** A flag that counts once and is given again: the last one is meant. */
const twice: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  if (entry === undefined) return null;
  const aliases: Readonly<Record<string, string | undefined>> =
    entry.command.parameters.aliases ?? {};
  const nameOf = (word: string): string => {
    const [, long = "", short = ""] = /^(?:--([\w-]+)|-([A-Za-z]))(?:=|$)/.exec(word) ?? [];
    return long === "" ? (aliases[short] ?? "") : long;
  };
  for (const [i, word] of words.entries()) {
    const name = nameOf(word);
    const flag = flagsOf(entry)[name];
    const isAgain = words.slice(i + 1).some((other) => nameOf(other) === name);
    if (flag === undefined || !isAgain || ("variadic" in flag && flag.variadic)) continue;
    const hasValue = flag.kind !== "boolean" && !word.includes("=");
    return words.filter((_, k) => k !== i && !(hasValue && k === i + 1));
  }
  return null;
};

/** These rules, in the order in which they are tried. */
export const flagRules: readonly Rule[] = [endedEarly, outputFile, otherFlag, otherValue, twice];
