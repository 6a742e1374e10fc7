import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { describe, expect, test } from "vitest";
import { shownCommands } from "./commands/commands.ts";
import { manPages } from "./man-pages.ts";

const pages = manPages({ version: "1.2.3", date: "2026-01-31" });

test("evenkeel and each of its commands have a page, which names the edition", () => {
  const names = shownCommands.map(({ name }) => `evenkeel-${name}.1`);
  expect(pages.map(({ name }) => name)).toEqual(["evenkeel.1", ...names]);
  for (const { text } of pages) {
    expect(text).toContain('1 "2026-01-31" "evenkeel 1.2.3" "Evenkeel"\n');
    // Whatever the locale, a page is text of ASCII.
    expect(text).toMatch(/^[\n -~]*$/);
  }
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
      const { text, lines, stderr } = printed(`evenkeel-${name}.1`);
      expect(stderr).toBe("");
      const { flags } = command.parameters;
      const told = [
        `evenkeel-${name} - ${command.brief}`,
        ...Object.entries(flags ?? {}).flatMap(([flag, { brief }]) => [`--${flag}`, brief]),
        ...description,
        ...examples.map(({ does }) => `${does}:`),
      ];
      const plain = told.map((part) => part.replaceAll("`", "").replaceAll(/\s+/g, " "));
      const missing = plain.filter((part) => !text.includes(part));
      expect(missing).toEqual([]);
      // Command lines stand as they can be copied: no line is filled, no dash another character.
      const typed = examples.flatMap((example) => example.lines);
      expect(typed.filter((line) => !lines.includes(`    ${line}\n`))).toEqual([]);
    },
  );

  test("the page of evenkeel names every command, and what all share", () => {
    const { text, stderr } = printed("evenkeel.1");
    expect(stderr).toBe("");
    expect(shownCommands.filter(({ name }) => !text.includes(`evenkeel-${name}(1)`))).toEqual([]);
    for (const part of ["Exit status. 0: done", "EVENKEEL_STATE", "errors.md lists the codes"]) {
      expect(text).toContain(part);
    }
  });
});
