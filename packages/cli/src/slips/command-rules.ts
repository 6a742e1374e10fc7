import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { meantKind } from "@evenkeel/contract/meant-kind.ts";
import { kindInFile, nameInFile } from "./named-file.ts";
import { fileFlags, nouns, otherCommands, programs } from "./other-words.ts";
import { commandNamed, type Rule } from "./rule.ts";
import { isFileName, sourceOf } from "./word-meaning.ts";

/** Rules about the command: which word it is, and what it is called here. */

/** Dashes as word processors and web pages print them: `—output`, `–o`. */
const dashes: Rule = (words) => {
  const plain = words.map((word) =>
    word.replace(/^[\u2010-\u2015\u2212]+(?=(\w?))/, (_found, next: string) =>
      next !== "" && word.replace(/^[^\w]+/, "").length === 1 ? "-" : "--",
    ),
  );
  return plain.some((word, i) => word !== words[i]) ? plain : null;
};

/** Another program's name, or ours twice: `virsh list`. */
const program: Rule = ([first = "", ...rest]) =>
  programs.has(first.toLowerCase()) && rest.length > 0 ? rest : null;

/** A command behind its flags or its file: `--output json topology`, `vm.yaml place --on live`. */
const commandFirst: Rule = (words, known) => {
  const [first = ""] = words;
  if (commandNamed(first, known) !== undefined || first === "") return null;
  const at = words.findIndex((word, i) => i > 0 && commandNamed(word, known) !== undefined);
  if (at < 0) return null;
  // `check guest` and `bash completion`: the second word says what the first one means.
  const namesTask = words[at] === "guest" || words[at] === "completion";
  const isOther = otherCommands.has(first.toLowerCase()) && !nouns.has(first);
  const names = known.commands.map(({ name }) => name);
  const isMisspelled = !first.startsWith("-") && didYouMean(first, names) !== null;
  if (!namesTask && (isOther || isMisspelled)) return null;
  const others = words.filter((word, i) => i !== at && !(i < at && nouns.has(word.toLowerCase())));
  return [words[at] ?? "", ...others];
};

/** A command in two words written as one: `guest-report`. */
const joined: Rule = ([first = "", ...rest], known) => {
  const [, head = "", tail = ""] = /^([a-z]+)[-_.](.+)$/.exec(first) ?? [];
  if (commandNamed(first, known) !== undefined || commandNamed(head, known) === undefined)
    return null;
  return [head, ...(nouns.has(tail) ? [] : [tail]), ...rest];
};

/** Help as others ask for it. */
const askedHelp: Rule = (words, known) => {
  const [first = ""] = words;
  const isCommand = commandNamed(first, known) !== undefined;
  // `place help`; `help help` is a line.
  const isAsked =
    words.some((word) => /^(?:-help|--usage|--h|-\?|\/\?|\/h|\/help)$/i.test(word)) ||
    (isCommand && first !== "help" && words.length > 1 && words.at(-1) === "help");
  if (!isAsked) return null;
  return isCommand ? [first, "--help"] : ["--help"];
};

/** The version, asked of a command. */
const askedVersion: Rule = (words) =>
  words.some((word) => /^(?:--version|-version|--ver|-V)$/.test(word)) && words.length > 1
    ? ["version"]
    : null;

/** A command in capitals. */
const lowerCase: Rule = ([first = "", ...rest], known) => {
  const lower = first.toLowerCase();
  return lower !== first && commandNamed(lower, known) !== undefined ? [lower, ...rest] : null;
};

/** The verbs of kubectl, virsh, docker and others. */
const otherVerb: Rule = ([first = "", ...rest], known) => {
  const verb = first.toLowerCase();
  if (commandNamed(first, known) !== undefined || !otherCommands.has(verb)) return null;
  const given = rest.filter((word) => !nouns.has(word.toLowerCase()));
  const [bare = "", withGiven = bare] = (otherCommands.get(verb) ?? "").split(" | ");
  const [subject = ""] = given;
  // `show machine:hgx-h100`, `draw plan.json`: what is named says what to do with it.
  const isNamed = sourceOf(subject) !== null || kindInFile(subject) !== "";
  if (withGiven !== bare && isNamed) return given;
  const other = sourceOf(given[1] ?? "");
  if (bare === "why …" && sourceOf(subject) !== null && other !== null) {
    return ["topology", sourceOf(subject) ?? subject, "--diff", other];
  }
  const line = given.length > 0 ? withGiven : bare;
  if (line.startsWith("= "))
    return line.slice(2).replace("…", subject === "" ? "llm-a" : shellWord(subject));
  const file = given.find(isFileName);
  if (bare === "render …" && subject !== "" && !isFileName(subject)) {
    const vm = shellWord(subject);
    return `virsh dumpxml ${vm} prints the VM as it runs, evenkeel render plan.json --as libvirt its plan`;
  }
  if (bare === "why …" && meantKind(subject) !== null) return ["schema", meantKind(subject) ?? ""];
  // A VM is named by its name, which its file has as well.
  const isFileFlag = (word: string, i: number): boolean =>
    fileFlags.includes(word.replace(/^--?/, "")) && isFileName(given[i + 1] ?? "");
  const worth = /^(?:stop|console|verify) …/.test(line)
    ? given
        .filter((word, i) => !isFileFlag(word, i))
        .map((word) => (isFileName(word) ? (nameInFile(word) ?? word) : word))
    : given;
  if (line === "run vm.yaml" && file === undefined && subject !== "") {
    return "run takes the file of the VM: evenkeel run vm.yaml";
  }
  return line
    .split(" ")
    .flatMap((word) => (word === "…" ? worth : word === "vm.yaml" ? [file ?? word] : [word]));
};

/** A file or a machine in place of a command. */
const nothingAsked: Rule = (words, known) => {
  const [first = ""] = words;
  if (commandNamed(first, known) !== undefined || first.startsWith("-")) return null;
  const source = sourceOf(first);
  if (source !== null) return ["topology", source, ...words.slice(1)];
  if (!isFileName(first)) return null;
  switch (kindInFile(first)) {
    case "Plan":
      return ["render", first, "--as", "libvirt"];
    case "Flavor":
      return ["capacity", "--flavor", ...words];
    case "HostPolicy":
      return ["place", "vm.yaml", "--policy", ...words];
    case "Evidence":
      return ["doctor", ...words];
    case "GuestReport":
      return ["verify", "llm-a", "--guest-report", ...words];
    case "GuestContract":
      return ["guest", "check", "--contract", ...words];
    case "Fleet":
      return ["topology", "--fleet", ...words];
    case "Topology":
      return ["topology", ...words];
    case "VirtualMachine":
      return ["place", ...words];
    default:
      return [/\.ya?ml$/i.test(first) ? "place" : "topology", ...words];
  }
};

/** A command that is nearly one of ours: `places`, `verfiy`. */
const spelled: Rule = ([first = "", ...rest], known) => {
  if (commandNamed(first, known) !== undefined || !/^[a-z]/i.test(first)) return null;
  const near = didYouMean(
    first,
    known.commands.map(({ name }) => name),
  );
  return near === null ? null : [near, ...rest];
};

/** The second word of a command that has two, misspelled: `simulate twin`. */
const secondWord: Rule = ([first = "", second = "", ...rest], known) => {
  const names = known.commands.flatMap(({ name }) => {
    const [head, tail] = name.split(" ");
    return head === first && tail !== undefined ? [tail] : [];
  });
  const near = second.startsWith("-") ? null : didYouMean(second, names);
  return near === null ? null : [`${first} ${near}`, ...rest];
};

/** What numactl asks with: `evenkeel --hardware`. */
const askedHardware: Rule = ([first = ""]) =>
  /^(?:-H|--hardware|--show|--cpus|--topology)$/.test(first) ? ["topology"] : null;

/** These rules, in the order in which they are tried. */
export const commandRules: readonly Rule[] = [
  dashes,
  askedHelp,
  askedVersion,
  lowerCase,
  program,
  commandFirst,
  joined,
  otherVerb,
  nothingAsked,
  askedHardware,
  spelled,
  secondWord,
];
