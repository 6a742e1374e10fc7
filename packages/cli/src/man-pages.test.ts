import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultStateFolder } from "@evenkeel/host/state/paths.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { describe, expect, test } from "vitest";
import { rankVariables } from "@evenkeel/core/binding/local-rank.ts";
import type { Example } from "./command/command.ts";
import { shownCommands } from "./commands/commands.ts";
import { execManual } from "./commands/exec/manual.ts";
import { ownPolicyFile } from "./flags/placement.ts";
import { sourceParts, sourcesHelp } from "./flags/sources.ts";
import {
  defaultOf,
  firstExamples,
  letterOf,
  positionals,
  sharedFlags,
  usageWords,
  valueOf,
} from "./help.ts";
import { manPages } from "./man-pages.ts";
import { conventions } from "./reference.ts";

const pages = manPages({ version: "1.2.3", date: "2026-01-31" });

test("evenkeel and each of its commands have a page, which names the edition", () => {
  const names = shownCommands.map(({ name }) => `evenkeel-${name.replaceAll(" ", "-")}.1`);
  expect(pages.map(({ name }) => name)).toEqual(["evenkeel.1", ...names]);
  for (const { text } of pages) {
    expect(text).toContain('1 "2026-01-31" "evenkeel 1.2.3" "Evenkeel"\n');
    // Whatever the locale, a page is text of ASCII.
    expect(text).toMatch(/^[\n -~]*$/);
  }
});

/** A command line that is continued in the next one, in one line. */
const unbroken = (text: string): string => text.replaceAll(/ \\\n\s*/g, " ");

/** A section of a page: its paragraphs, and its entries with what they mean. */
interface Section {
  readonly title: string;
  readonly paragraphs: string[];
  readonly entries: [label: string, meaning: string][];
  /** Lines as they are typed, after the paragraph that says what they do. */
  readonly examples: [does: string, lines: string[]][];
}

/** A text of a page as it is read: stresses are `<b>` and `<i>`. */
const readable = (text: string): string =>
  text
    .replaceAll(/\\\[u([0-9A-F]{4,6})\]/g, (_, code: string) =>
      String.fromCodePoint(Number.parseInt(code, 16)),
    )
    .replaceAll(/\\f([BI])(.*?)\\fR/g, (_, font: string, inside: string) => {
      const tag = font.toLowerCase();
      return `<${tag}>${inside}</${tag}>`;
    })
    .replaceAll("\\(aq", "'")
    .replaceAll("\\ ", "\u00a0")
    .replaceAll(/\\([-&])/g, (_, one: string) => (one === "&" ? "" : one))
    .replaceAll("\\e", "\\");

const unstressed = (text: string): string => text.replaceAll(/<\/?[bi]>/g, "");

/** Reads a page as man(7) does, of which it has these macros alone. */
function sectionsOf(page: string): readonly Section[] {
  const sections: Section[] = [];
  const lines = page.trimEnd().split("\n").slice(4);
  let isNew = true;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const section = sections.at(-1);
    if (line.startsWith(".SH ")) {
      sections.push({ title: line.slice(4), paragraphs: [], entries: [], examples: [] });
      isNew = true;
    } else if (section === undefined) expect.unreachable(`${line} is in no section`);
    else if (line === ".PP") {
      isNew = true;
    } else if (line === ".TP") {
      section.entries.push([readable(lines[++i] ?? ""), readable(lines[++i] ?? "")]);
    } else if (line === ".RS 4") {
      expect(lines[++i]).toBe(".EX");
      const end = lines.indexOf(".EE", i);
      const typed = lines.slice(i + 1, end).map(readable);
      section.examples.push([section.paragraphs.pop() ?? "", typed]);
      expect(lines.slice(end + 1, end + 3)).toEqual([".RE", ".nh"]);
      i = end + 2;
      isNew = false;
    } else if (/^[.']/.test(line)) expect.unreachable(`${line} is no macro of these pages`);
    else {
      const before = isNew ? [] : [section.paragraphs.pop() ?? ""];
      section.paragraphs.push([...before, readable(line)].join(" "));
      isNew = false;
    }
  }
  return sections;
}

/** A text of the help as it is read: without backquotes, and documents where they are installed. */
const plainly = (text: string): string =>
  text
    .replaceAll(/`|\*\*/g, "")
    .replaceAll(/\[[^\]]+\]\(([^)]+)\)/g, "/usr/share/doc/evenkeel/$1")
    .replaceAll(/(?<!\S)docs\//g, "/usr/share/doc/evenkeel/")
    .replaceAll(/\s+/g, " ");

/** What an example does and what is typed, as a page has it and as the help has it. */
const typedIn = ([does, lines]: Section["examples"][number]): readonly string[] => [
  unstressed(does),
  unbroken(lines.join("\n")),
];
const typedBy = ({ does, lines }: Example): readonly string[] => [
  `${plainly(does)}:`,
  unbroken(lines.join("\n")),
];

test.each(shownCommands.map((entry) => [entry.name, entry] as const))(
  "the page of %s has the parts of its help, each in its place",
  (name, { command, description, examples }) => {
    const { text = "" } =
      pages.find((page) => page.name === `evenkeel-${name.replaceAll(" ", "-")}.1`) ?? {};
    const { positional, flags = {} } = command.parameters;
    const given = positional === undefined ? [] : positionals(positional);
    const sections = sectionsOf(text);
    const status = description.filter((one) => one.startsWith("The exit status"));
    const described = description.filter((one) => one !== sourcesHelp && !status.includes(one));
    expect(sections.map(({ title }) => title)).toEqual([
      "NAME",
      "SYNOPSIS",
      "DESCRIPTION",
      ...(given.length > 0 ? ["ARGUMENTS"] : []),
      "OPTIONS",
      ...(description.includes(sourcesHelp) ? ["SOURCES"] : []),
      ...(status.length > 0 ? ["EXIT STATUS"] : []),
      ...(name === "exec" ? execManual.map(({ title }) => title) : []),
      "EXAMPLES",
      "SEE ALSO",
    ]);
    const part = (title: string): Section =>
      sections.find((section) => section.title === title) ?? expect.unreachable(title);
    expect(part("NAME").paragraphs).toEqual([
      `evenkeel-${name.replaceAll(" ", "-")} - ${command.brief}`,
    ]);
    // Between a flag and its value no line may end.
    const usage = usageWords(command.parameters).map((word) => word.replaceAll(" ", "\u00a0"));
    const [synopsis = ""] = part("SYNOPSIS").paragraphs;
    expect(unstressed(synopsis)).toBe([`evenkeel ${name}`, ...usage].join(" "));
    expect(synopsis).not.toMatch(/<[bi]>[^<]*[[\]]/);
    expect(part("DESCRIPTION").paragraphs.map(unstressed)).toEqual(described.map(plainly));
    if (status.length > 0) {
      expect(part("EXIT STATUS").paragraphs.map(unstressed)).toEqual(status.map(plainly));
    }
    if (description.includes(sourcesHelp)) {
      const { paragraphs, entries } = part("SOURCES");
      expect(paragraphs).toEqual(sourceParts.filter((one) => typeof one === "string"));
      expect(entries.map(([label]) => unstressed(label))).toEqual(
        sourceParts.flatMap((one) => (typeof one === "string" ? [] : one.map(([form]) => form))),
      );
    }
    if (given.length > 0) {
      expect(part("ARGUMENTS").entries).toEqual(
        given.map(({ placeholder, brief }) => [`<i>${placeholder}</i>`, plainly(brief)]),
      );
    }
    expect(part("OPTIONS").entries.map((entry) => entry.map(unstressed))).toEqual([
      ...Object.entries(flags).map(([flag, what]) => [
        `${letterOf(flag, command.parameters)}--${flag} ${valueOf(what)}`.trimEnd(),
        `${plainly(what.brief)}${defaultOf(what)}`,
      ]),
      ["-h, --help", "print this help"],
    ]);
    expect(part("EXAMPLES").examples.map(typedIn)).toEqual(examples.map(typedBy));
    expect(part("EXAMPLES").paragraphs).toEqual([]);
    const [seen = ""] = part("SEE ALSO").paragraphs;
    expect(seen).toMatch(/^<b>evenkeel<\/b>\(1\)(, <b>evenkeel-[a-z-]+<\/b>\(1\))*$/);
    expect(seen).not.toContain(`evenkeel-${name.replaceAll(" ", "-")}<`);
  },
);

test("in usages flags and values are stressed, and otherwise what is to be replaced", () => {
  const page = pages.find(({ name }) => name === "evenkeel-render.1")?.text ?? "";
  const [synopsis = ""] = sectionsOf(page)[1]?.paragraphs ?? [];
  expect(
    synopsis.startsWith("<b>evenkeel render</b> <i>PLAN</i> <b>--as</b>\u00a0<i>FORM</i> ["),
  ).toBe(true);
  expect(synopsis).toContain("[<b>--firmware</b><b>\u00a0efi|bios</b>]");
  expect(synopsis).toContain("[<b>--cpu-feature</b>\u00a0<i>NAME</i>]...");
});

test("the page of evenkeel has its parts in their places", () => {
  const [overview] = pages;
  const sections = sectionsOf(overview?.text ?? "");
  const named = new Map(sections.map((section) => [section.title, section]));
  expect([...named.keys()]).toEqual(
    "NAME SYNOPSIS DESCRIPTION COMMANDS OPTIONS CONVENTIONS ENVIRONMENT FILES EXAMPLES SEE_ALSO"
      .split(" ")
      .map((title) => title.replace("_", " ")),
  );
  expect(named.get("COMMANDS")?.entries).toEqual(
    shownCommands.map(({ name, command }) => [
      `<b>evenkeel-${name.replaceAll(" ", "-")}</b>(1)`,
      plainly(command.brief),
    ]),
  );
  const told = named.get("CONVENTIONS")?.paragraphs ?? [];
  expect(told.map(unstressed)).toEqual(
    conventions.slice(1).join("\n").trim().split("\n\n").map(plainly),
  );
  for (const paragraph of told) expect(paragraph).toMatch(/^<b>[A-Z][\w ]+\.?<\/b>/);
  const seen = named.get("SEE ALSO")?.paragraphs ?? [];
  expect(seen).toEqual([
    shownCommands.map(({ name }) => `<b>evenkeel-${name.replaceAll(" ", "-")}</b>(1)`).join(", "),
  ]);
  const variables = named.get("ENVIRONMENT")?.entries.map(([label]) => unstressed(label)) ?? [];
  expect(variables).toEqual(variables.map((name) => /^[A-Z_]+$/.exec(name)?.[0]));
  const files = named.get("FILES")?.entries.map(([label]) => unstressed(label)) ?? [];
  expect(files).toEqual([
    defaultStateFolder,
    ownPolicyFile,
    "~/.cache/evenkeel",
    "/var/cache/evenkeel",
    "/usr/share/doc/evenkeel",
  ]);
  const flags = named.get("OPTIONS")?.entries.map((entry) => entry.map(unstressed));
  expect(flags).toEqual(sharedFlags);
  expect(named.get("EXAMPLES")?.examples.map(typedIn)).toEqual(firstExamples().map(typedBy));
});

const hasMan = spawnSync("man", ["--version"]).status === 0;

describe.skipIf(!hasMan)("as man prints them", () => {
  const folder = scratchFolder();
  for (const { name, text } of pages) writeFileSync(join(folder, name), text);

  /** What man prints of a page, each run of blanks as one, and what it warns of. */
  function printed(name: string) {
    const argv = ["--warnings", "--encoding=UTF-8", "--local-file", join(folder, name)];
    const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", MANWIDTH: "80", PAGER: "cat" };
    const { stdout, stderr } = spawnSync("man", argv, { env, encoding: "utf8" });
    return { lines: stdout, text: stdout.replaceAll(/\s+/g, " "), stderr };
  }

  test.each(shownCommands.map((entry) => [entry.name, entry] as const))(
    "the page of %s says all that the help says, and man finds nothing to warn of",
    (name, { command, description, examples }) => {
      const { text, lines, stderr } = printed(`evenkeel-${name.replaceAll(" ", "-")}.1`);
      expect(stderr).toBe("");
      const { flags } = command.parameters;
      const told = [
        `evenkeel-${name.replaceAll(" ", "-")} - ${command.brief}`,
        ...Object.entries(flags ?? {}).flatMap(([flag, { brief }]) => [`--${flag}`, brief]),
        ...description,
        ...examples.map(({ does }) => `${does}:`),
      ];
      const plain = told
        .filter((part) => part !== sourcesHelp)
        .map((part) => part.replaceAll(/`|(?<!\S)docs\//g, "").replaceAll(/\s+/g, " "));
      const here = text.replaceAll("/usr/share/doc/evenkeel/", "");
      expect(plain.filter((part) => !here.includes(part))).toEqual([]);
      // Command lines stand as they can be copied: no line is filled, no dash another character.
      const typed = examples.map((example) => unbroken(example.lines.join("\n"))).join("\n");
      const copied = unbroken(lines.replaceAll(/^ {11}/gm, ""));
      expect(typed.split("\n").filter((line) => !copied.includes(`${line}\n`))).toEqual([]);
      expect(lines.split("\n").filter((line) => line.length > 80)).toEqual([]);
      expect(lines).not.toMatch(/[a-z]\u2010$/m);
    },
  );

  test("a page lists the ways to name a machine, and sends on to pages that there are", () => {
    const { text } = printed("evenkeel-place.1");
    expect(text).toContain("SOURCES SRC names a machine: live this one sysfs:DIR or sysfs:TAR a");
    expect(text).toContain("hl-smi:FILE what hl-smi prints");
    expect(text).toContain("EXIT STATUS The exit status is 0 for a plan, 3 for a refusal");
    expect(text).toContain("SEE ALSO evenkeel(1), evenkeel-topology(1), evenkeel-snapshot(1), ");
    const there = new Set(pages.map((page) => page.name));
    const named = pages.flatMap((page) => [...page.text.matchAll(/\\fB([a-z\\-]+)\\fR\(1\)/g)]);
    const files = named.map(([, name = ""]) => `${name.replaceAll("\\", "")}.1`);
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((name) => !there.has(name))).toEqual([]);
  });

  test("the page of evenkeel names every command, and what all share", () => {
    const { text, stderr } = printed("evenkeel.1");
    expect(stderr).toBe("");
    expect(
      shownCommands.filter(
        ({ name }) => !text.includes(`evenkeel-${name.replaceAll(" ", "-")}(1)`),
      ),
    ).toEqual([]);
    for (const part of ["Exit status. 0: done", "EVENKEEL_STATE", "errors.md lists the codes"]) {
      expect(text).toContain(part);
    }
  });
});

test("the manual of exec tells its variables, whose names no line breaks", () => {
  const { text } = pages.find(({ name }) => name === "evenkeel-exec.1") ?? {};
  for (const name of rankVariables) expect(text).toContain(`\\%\\fB${name}\\fR`);
});
