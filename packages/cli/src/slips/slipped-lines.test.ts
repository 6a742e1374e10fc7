import { expect, test } from "vitest";
import { shownCommands } from "../commands/commands.ts";
import { rightLine } from "./right-line.ts";
import { asWritten, withCommandName } from "./spelling.ts";

/**
 * Every example of the help, typed with a slip, is answered with the example. A slip is a way to
 * change a line that other tools teach, so a new command or flag is held to all of them.
 */

type Words = readonly string[];

const known = { commands: shownCommands };

/** The words of a line of a shell, up to its first pipe: no example needs more than `"…"`. */
function wordsOf(line: string): Words {
  const [own = ""] = line.split(/ [|>] /);
  return (own.match(/(?:[^ "]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ""));
}

/** The commands of the examples, without `evenkeel`. */
const plainLines: readonly Words[] = shownCommands.flatMap(({ examples }) =>
  examples.flatMap(({ lines }) =>
    lines
      .join("\n")
      .replaceAll(/\\\n\s*/g, "")
      .split("\n")
      .map(wordsOf)
      .flatMap(([program, ...words]) =>
        program === "evenkeel" ? [withCommandName(words, shownCommands)] : [],
      ),
  ),
);

const valued = /^--(?:output|on|from|taken|plan)$/;

/** The same words, with `=` between flags and their values. */
const withEquals = (words: Words): Words =>
  words.flatMap((word, i) => {
    if (valued.test(word)) return [`${word}=${words[i + 1]}`];
    return valued.test(words[i - 1] ?? "") ? [] : [word];
  });

/** These lines in other ways: also with VMs whose names end like flags. */
const rightLines: readonly Words[] = plainLines.flatMap((words) => [
  words,
  withEquals(words),
  words.map((word) => word.replace(/^llm-a$/, "vm-o").replace(/^llm-b$/, "vm-ojson")),
]);

/** Where one of these flags stands, apart from its value. */
const placesOf = (words: Words, ...flags: string[]): readonly number[] =>
  words.flatMap((word, i) => (flags.includes(word) ? [i] : []));

const renamed = (words: Words, flag: string, others: string): readonly Words[] =>
  placesOf(words, flag).flatMap((i) =>
    others.split(" ").map((other) => words.toSpliced(i, 1, other)),
  );

/** Ways to slip: the lines that they make of a right one. */
const ways: Readonly<Record<string, (words: Words) => readonly Words[]>> = {
  "another program's name first": (words) =>
    ["kubectl", "sudo", "Evenkeel"].map((program) => [program, ...words]),
  "a command in capitals": ([command = "", ...rest]) => [[command.toUpperCase(), ...rest]],
  "the command last": ([command = "", ...rest]) =>
    rest.length === 0 || command === "help" ? [] : [[...rest, command]],
  "dashes of a word processor": (words) =>
    words.some((word) => word.startsWith("--"))
      ? ["\u2014", "\u2013", "\u2212"].map((dash) => words.map((word) => word.replace(/^--/, dash)))
      : [],
  "one dash": (words) =>
    words.flatMap((word, i) =>
      word.startsWith("--") ? [words.toSpliced(i, 1, word.slice(1))] : [],
    ),
  "a value as a flag": (words) =>
    placesOf(words, "--output", "--as").map((i) => words.toSpliced(i, 2, `--${words[i + 1]}`)),
  "a value in capitals": (words) =>
    words.flatMap((word, i) => {
      const [, flag, value = ""] = /^(--(?:output|as)=)?(.*)$/.exec(word) ?? [];
      const isValue = flag !== undefined || /^--(?:output|as)$/.test(words[i - 1] ?? "");
      return isValue ? [words.toSpliced(i, 1, `${flag ?? ""}${value.toUpperCase()}`)] : [];
    }),
  "the output by another name": (words) => [
    ...renamed(words, "--output", "--format -f --fmt --as"),
    ...renamed(words, "--as", "--format --to --output --type"),
    ...placesOf(words, "--output").map((i) => words.toSpliced(i, 2, `-f=${words[i + 1]}`)),
  ],
  "the machine by another name": (words) => [
    ...renamed(words, "--on", "--machine --node --from --src"),
    ...renamed(words, "--from", "--on --machine --source"),
  ],
  "files by other names": (words) => [
    ...renamed(words, "--flavor", "--flavors --flavour"),
    ...renamed(words, "--policy", "--config"),
    ...renamed(words, "--taken", "--plans --used"),
  ],
  "a machine without its flag": (words) =>
    // The arguments of these are files.
    ["prepare", "simulate twins"].includes(words[0] ?? "")
      ? []
      : placesOf(words, "--on", "--world").map((i) => words.toSpliced(i, 1)),
  "no command, but the VM's file": ([command, ...rest]) =>
    command === "place" && rest[0]?.endsWith(".yaml") ? [rest] : [],
};

/** The words of an answer, in any order: `evenkeel list --output json`. */
function answered(line: string | null): Words {
  const [program, ...typed] = wordsOf((line ?? "").replaceAll("'", '"'));
  const words = withCommandName(typed, shownCommands);
  return program === "evenkeel" ? joined(words) : [line ?? "no line"];
}

/** The same words for the same line. */
const joined = (words: Words): Words =>
  withEquals(words.map((word) => (word === "-o" ? "--output" : word))).toSorted();

test.each(Object.entries(ways))("%s: the answer is the line itself", (_name, way) => {
  const slips = rightLines.flatMap((right) => way(right).map((slip) => ({ right, slip })));
  expect(slips.length).toBeGreaterThan(5);
  for (const { right, slip } of slips) {
    expect([slip.join(" "), ...answered(rightLine(slip, known))]).toEqual([
      slip.join(" "),
      ...joined(right),
    ]);
  }
});

test("a line without a slip is left alone", () => {
  for (const words of rightLines) {
    expect([words.join(" "), rightLine(words, known)]).toEqual([words.join(" "), null]);
    expect(asWritten(words)).toEqual(words);
  }
});

test("help behind a command is that command's help, whatever else stands there", () => {
  for (const words of rightLines) {
    const [command = ""] = words;
    // Behind dashes it is the other command's.
    if (command === "help" || words.includes("--")) continue;
    for (const help of ["help", "-help", "-?", "/?", "--usage"]) {
      expect(rightLine([...words, help], known)).toBe(`evenkeel ${command} --help`);
    }
  }
});
