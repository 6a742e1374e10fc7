import type { CliCommand } from "../command/command.ts";
import { commandNamed, flagsOf, has, type Rule } from "./rule.ts";
import { sourceOf } from "./word-meaning.ts";

/**
 * Rules about the line of a command that becomes another: what other programs that bind call their
 * flags, and where the words of the other command begin.
 */

/** A flag of another program that binds, with its value if it has one: ours that do the same. */
type Meaning = (value: string) => readonly string[] | string;

interface OtherFlag {
  /** Whether it has a value. */
  readonly takes: boolean;
  readonly means: Meaning;
}

const nothing: Meaning = () => [];
const always =
  (...words: readonly string[]): Meaning =>
  () =>
    words;

/** By the value; what is not listed stays as it is, for the flag to judge. */
const named =
  (flag: string, values: Readonly<Record<string, string>>): Meaning =>
  (value) => [`--${flag}`, values[value] ?? value];

const modes = {
  numa: "node",
  nodes: "node",
  package: "socket",
  sockets: "socket",
  core: "exclusive",
  cores: "exclusive",
  "exclusive,nosmt": "exclusive",
  l3: "core-complex",
  l3cache: "core-complex",
  ccx: "core-complex",
  core_complex: "core-complex",
} as const;

const memories = {
  node: "strict",
  bind: "strict",
  membind: "strict",
  local: "strict",
  prefer: "preferred",
  "preferred-many": "preferred",
  off: "none",
  default: "none",
} as const;

const gpus: Meaning = (value) => {
  const list = value.replace(/^"?device=/, "").replaceAll('"', "");
  return list === "all" || list === "" ? ["--rank", "none"] : ["--gpu", list];
};

const unbound: Meaning = (value) =>
  value === "off" || value === "none"
    ? "exec binds CPUs wherever it binds; without it the command runs as it is"
    : named("mode", modes)(value);

const interleaved: Meaning = () =>
  "exec puts memory beside the GPUs; numactl --interleave spreads it over nodes";

/** With the names of torchrun, bindpcie, numactl, vLLM, SGLang, Open MPI, Slurm and Docker. */
const meanings: ReadonlyMap<string, OtherFlag> = new Map([
  ...each("numa-binding numa_binding mode binding", true, named("mode", modes)),
  ...each("cpu bind-to cpu-bind affinity", true, unbound),
  ...each("mem mem-bind memory", true, named("memory", memories)),
  ...each("ib", true, (value) => (value === "off" ? [] : ["--nic"])),
  ...each("membind m", true, always("--memory", "strict")),
  ...each("preferred preferred-many p P", true, always("--memory", "preferred")),
  ...each("localalloc l", false, always("--memory", "none")),
  ...each("interleave weighted-interleave i w", true, interleaved),
  ...each("cpunodebind physcpubind N C cpu-list c", true, always("--mode", "node")),
  ...each("numa-bind", false, nothing),
  ...each("numa-node numa-bind-nodes numa-bind-cpus", true, nothing),
  ...each("gpu gpus gpu-id gpu-ids gpu-index device devices local-rank local_rank g", true, gpus),
  ...each("exclusive", false, always("--mode", "exclusive")),
  ...each("socket", false, always("--mode", "socket")),
  ...each("strict", false, always("--memory", "strict")),
  ...each("nics", false, always("--nic")),
]);

function each(
  names: string,
  takes: boolean,
  means: Meaning,
): readonly (readonly [string, OtherFlag])[] {
  return names.split(" ").map((name) => [name, { takes, means }]);
}

/** Other programs' flags before the command: `--numa-binding=node`, `--membind 0`. */
const otherBinder: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  if (entry?.ownFailure === undefined) return null;
  const end = commandStart(words, entry);
  for (let i = 1; i < end; i++) {
    const { name, inWord } = flagIn(words[i] ?? "");
    const meaning = name === null ? undefined : meanings.get(name);
    if (meaning === undefined) continue;
    const isApart = meaning.takes && inWord === null;
    const value = inWord ?? (isApart ? (words[i + 1] ?? "") : "");
    const ours = meaning.means(value);
    if (typeof ours === "string") return ours;
    const given = words.slice(i, i + (isApart ? 2 : 1));
    const isSame = ours.join("=") === given.join("=");
    if (!isSame) return [...words.slice(0, i), ...ours, ...words.slice(i + given.length)];
  }
  return null;
};

/** One dash for two, and a machine without its flag: `exec --dry-run machine:hgx-h100 -- CMD`. */
const beforeCommand: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  if (entry?.ownFailure === undefined) return null;
  const start = commandStart(words, entry);
  const word = words[start] ?? "";
  const { name } = flagIn(words[start - 1] ?? "");
  // The value of a flag that other rules know.
  if (name !== null && !has(entry, name)) return null;
  if (word === "-") return [...words.slice(0, start), "--", ...words.slice(start + 1)];
  const source = words.includes("--") && word !== "--" ? sourceOf(word) : null;
  if (source === null) return null;
  return [...words.slice(0, start), "--on", source, ...words.slice(start + 1)];
};

/** Flags of a command that has no dashes before it, and our own behind it. */
const undashed: Rule = (words, known) => {
  const entry = commandNamed(words[0], known);
  if (entry?.ownFailure === undefined || words.includes("--")) return null;
  const start = commandStart(words, entry);
  const after = words.slice(start + 1);
  if (!after.some((word) => word.startsWith("-") && word !== "-")) return null;
  const isOwn = (word: string): boolean => {
    const { name } = flagIn(word);
    return name !== null && word.startsWith("--") && has(entry, name) && !shared.has(name);
  };
  // Flags that only exec has were meant for it.
  if (!after.every((word) => !word.startsWith("-") || isOwn(word))) {
    return [...words.slice(0, start), "--", ...words.slice(start)];
  }
  const own: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < after.length; i++) {
    const word = after[i] ?? "";
    const { name, inWord } = flagIn(word);
    if (name === null) rest.push(word);
    else if (inWord !== null || !takesValue(entry, name)) own.push(word);
    else own.push(word, after[++i] ?? "");
  }
  return [...words.slice(0, start), ...own, "--", words[start] ?? "", ...rest];
};

/** Flags of ours that many commands have too. */
const shared: ReadonlySet<string> = new Set(["output", "on", "help"]);

/** Where the other command begins, or the dashes before it: behind all flags and their values. */
function commandStart(words: readonly string[], entry: CliCommand): number {
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? "";
    const { name, inWord } = flagIn(word);
    if (name === null) return i;
    const takes = takesValue(entry, name) || meanings.get(name)?.takes === true;
    if (takes && inWord === null) i++;
  }
  return words.length;
}

function takesValue(entry: CliCommand, name: string): boolean {
  const aliases: Readonly<Record<string, string | undefined>> =
    entry.command.parameters.aliases ?? {};
  const flag = flagsOf(entry)[aliases[name] ?? name];
  return flag !== undefined && flag.kind !== "boolean";
}

function flagIn(word: string): { readonly name: string | null; readonly inWord: string | null } {
  const [, name = null, inWord = null] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
  return { name, inWord };
}

/** These rules, in the order in which they are tried. */
export const binderRules: readonly Rule[] = [otherBinder, beforeCommand, undashed];
