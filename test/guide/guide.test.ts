import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";

/**
 * The guide is true: every command on its pages was typed, and printed what the page shows. And the
 * script that types them finds a page that is not.
 */
const root = join(import.meta.dirname, "../..");
const guide = join(root, "docs/guide");
const pages = readdirSync(guide).filter((name) => name.endsWith(".md"));

function run(...args: readonly string[]): {
  readonly status: number | null;
  readonly said: string;
} {
  const runner = join(import.meta.dirname, "run.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [runner, ...args], {
    encoding: "utf8",
    timeout: 110_000,
  });
  return { status, said: `${stdout}${stderr}` };
}

test.each(pages)("%s shows what its commands print", { timeout: 120_000 }, (page) => {
  const { status, said } = run(join(guide, page));
  expect(status, said).toBe(0);
});

test("every block that is not run says so in the sentence before it, and there are fifteen", () => {
  let blocks = 0;
  for (const page of pages) {
    const parts = readFileSync(join(guide, page), "utf8").split("```console not-run-here\n");
    blocks += parts.length - 1;
    for (const before of parts.slice(0, -1)) {
      const paragraph = before.trimEnd().split("\n\n").at(-1)?.replaceAll("\n", " ");
      expect(paragraph, page).toContain("not run here");
    }
  }
  expect(blocks).toBe(15);
});

test("what a page installs is shown to root, and run by nobody but who asks for it", () => {
  const page = readFileSync(join(guide, "1-from-a-bare-host.md"), "utf8");
  const [before = "", after = ""] = page.split("```console installs\n");
  expect(before.trimEnd().split("\n\n").at(-1)).toContain("As root");
  const [block = ""] = after.split("```");
  const typed = block.replaceAll(/^\$ /gm, "");
  expect(typed).toMatch(/^apt-get update\napt-get install /);
  expect(run("--installs")).toEqual({ status: 0, said: typed });
});

test("the guide has every page, and the README has the guide", () => {
  const index = readFileSync(join(guide, "README.md"), "utf8");
  for (const page of pages.filter((name) => name !== "README.md")) expect(index).toContain(page);
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const page of pages) expect(readme).toContain(`docs/guide/${page}`);
});

test("a page that lies is found out: by an output, a status, a file or a line left out", () => {
  const folder = scratchFolder();
  const page = (name: string, body: string): string => {
    writeFileSync(join(folder, `${name}.md`), body);
    return join(folder, `${name}.md`);
  };
  const session = (text: string, more = ""): string => `\`\`\`console${more}\n${text}\n\`\`\`\n`;
  const lies = [
    session("$ echo one\ntwo"),
    session("$ echo one"),
    session("$ printf 'one\\ntwo\\n'\none"),
    session("$ printf 'one\\ntwo\\n'\n…\nthree"),
    session("$ exit 3"),
    session("$ true", " exit=3"),
    session("$ evenkeel version-of-nothing"),
    `\`\`\`text file=a.txt\na\n\`\`\`\n${session("$ cat a.txt\nb")}`,
    session("$ evenkeel topology --from machine:hgx-h100 | head -n 1\nhgx-h200 …"),
  ];
  for (const [i, lie] of lies.entries()) {
    const { status, said } = run(page(`lie-${i}`, lie));
    expect([status, said.includes("FALSE")], said).toEqual([1, true]);
  }
  const truths = [
    session("$ printf 'one\\ntwo\\nthree\\n'\n…\nthree"),
    session("$ echo a \\\n    b\na b\n$ echo 'x y'\nx …"),
    session("$ exit 3", " exit=0,3"),
    session("$ false", " not-run-here"),
    session("$ false", " needs=no-such-program"),
    session("$ false", " installs"),
    `\`\`\`text file=a/b.txt\na\n\`\`\`\n${session("$ cat a/b.txt\na")}`,
  ];
  const all = run(...truths.map((truth, i) => page(`truth-${i}`, truth)));
  expect(all.status, all.said).toBe(0);
  expect(all.said).toContain("skipped without no-such-program");
  const old = page("old", session("$ echo one\ntwo"));
  run("--update", old);
  expect(run(old).status).toBe(0);
});
