import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { runCommand } from "./run-command.ts";

const folder = scratchFolder();

/** Puts a program on a PATH of its own. */
function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return name;
}

const path = `${folder}:/usr/bin:/bin`;
const brief = { timeoutMs: 300, maxBytes: 1000 };

test("a program's output is read, its arguments are passed unchanged, and its locale is C", async () => {
  const name = program("echoes", 'printf "%s|" "$@"; echo "$LC_ALL"');
  expect(await runCommand(name, ["a b", "$(id)", ";", "*"], path)).toEqual({
    kind: "ran",
    stdout: "a b|$(id)|;|*|C\n",
  });
});

test("a missing program is absent, a failing one gives its reason", async () => {
  expect(await runCommand("no-such-program", [], path)).toEqual({ kind: "absent" });
  const name = program("fails", "echo driver not loaded >&2; exit 9");
  expect(await runCommand(name, [], path)).toEqual({
    kind: "failed",
    why: "exit status 9: driver not loaded",
  });
});

test("what nobody may run, as in a folder that nobody may search, is absent", async () => {
  writeFileSync(join(folder, "closed"), "#!/bin/sh\n", { mode: 0o644 });
  expect(await runCommand("closed", [], path)).toEqual({ kind: "absent" });
});

test("a program that hangs, or never stops talking, is ended", async () => {
  const hangs = program("hangs", "exec sleep 60");
  expect(await runCommand(hangs, [], path, brief)).toEqual({
    kind: "failed",
    why: "did not end within 0.3 s",
  });
  const talks = program("talks", "exec yes");
  expect(await runCommand(talks, [], path, { ...brief, timeoutMs: 5000 })).toEqual({
    kind: "failed",
    why: "printed over 1000 bytes",
  });
});
