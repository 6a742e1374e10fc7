import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { golden } from "../../../testing/golden.ts";
import { binary } from "../../../testing/binary.ts";
import { evenkeel } from "../../../testing/evenkeel.ts";
import { shownCommands } from "../commands.ts";
import { shells } from "./flags.ts";

/** What is proposed for a command line whose last word is unfinished. */
async function proposals(
  line: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { stdout, status } = await evenkeel(["__complete", "--", ...line.split(" ")], { env });
  expect(status).toBe(0);
  return stdout
    .split("\n")
    .flatMap((entry) => entry.split("\t").slice(0, 1))
    .slice(0, -1);
}

test("commands, flags, values and sources are proposed, the hidden command is not", async () => {
  const first = shownCommands.map(({ name }) => name).filter((name) => !name.includes(" "));
  expect(await proposals("")).toEqual(first);
  expect(await proposals("simulate ")).toContain("twins");
  expect(await proposals("-")).toEqual(["--help", "--version"]);
  expect(await proposals("pl")).toEqual(["place"]);
  expect(await proposals("place vm.yaml --o")).toEqual(["--on", "--output"]);
  expect(await proposals("place vm.yaml --output ")).toEqual(["text", "json", "svg", "libvirt"]);
  expect(await proposals("topology --from l")).toEqual(["live", "libvirt:", "lscpu:", "lspci:"]);
  expect(await proposals("topology --from machine:hgx-h")).toEqual([
    "machine:hgx-h100",
    "machine:hgx-h200",
  ]);
  expect(await proposals("completion ")).toEqual(["bash", "zsh", "fish"]);
  expect(await proposals("nonsense --")).toEqual([]);
  expect(await proposals("place ")).toEqual([]);
});

test("a flag that may be given once is not proposed again", async () => {
  expect(await proposals("topology --diff live --")).toEqual([
    "--from",
    "--fleet",
    "--host",
    "--skip-unreadable",
    "--fit",
    "--taken",
    "--state",
    "--all",
    "--profile",
    "--policy",
    "--list",
    "--output",
    "--help",
  ]);
  expect(await proposals("place vm.yaml --on live --on")).toEqual(["--on"]);
});

test("names of VMs are proposed where one is asked for, from the given state folder", async () => {
  const state = scratchFolder();
  mkdirSync(join(state, "vms"));
  writeFileSync(join(state, "vms", "acme_llm-a.json"), '{ "adopted": false }');
  writeFileSync(join(state, "vms", "db.json"), '{ "adopted": true }');
  const env = { EVENKEEL_STATE: state };
  const both = ["acme_llm-a", "db"];
  for (const command of ["stop", "console", "place vm.yaml --on live --away-from"]) {
    expect([command, await proposals(`${command} `, env)]).toEqual([command, both]);
  }
  // Other VMs may run on this machine; they are proposed as well.
  for (const command of ["verify", "why", "why db", "evidence", "doctor", "doctor 4711"]) {
    const proposed = await proposals(`${command} `, env);
    expect([command, both.filter((name) => !proposed.includes(name))]).toEqual([command, []]);
  }
  expect(await proposals("stop ac", env)).toEqual(["acme_llm-a"]);
  expect(await proposals("adopt --undo ", env)).toEqual(["db"]);
  expect(await proposals("adopt ", env)).not.toContain("db");
  expect(await proposals(`stop --state ${state} d`)).toEqual(["db"]);
  expect(await proposals(`stop --state=${state} d`, { EVENKEEL_STATE: "/none" })).toEqual(["db"]);
  expect(await proposals("stop db ", env)).toEqual([]);
});

test.each(shells)("the script for %s", async (shell) => {
  const { stdout, status } = await evenkeel(["completion", shell]);
  expect(status).toBe(0);
  await expect(stdout).toMatchFileSnapshot(golden(`completion.${shell}`));
});

const folder = scratchFolder();

/** What bash itself offers after the script was read, for a line with the cursor at its end. */
function bashOffers(line: string): string[] {
  const program = join(folder, "bin");
  mkdirSync(program, { recursive: true });
  const shim = join(program, "evenkeel");
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${binary}' "$@"\n`);
  chmodSync(shim, 0o755);
  const script = `eval "$(evenkeel completion bash)"
COMP_LINE=$1 COMP_POINT=\${#1}
read -r -a COMP_WORDS <<< "$1"
case "$1" in *' ') COMP_WORDS+=("") ;; esac
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
compopt() { :; }
_evenkeel
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const path = `${program}${delimiter}${process.env["PATH"] ?? ""}`;
  const output = execFileSync("bash", ["--norc", "-c", script, "bash", line], {
    encoding: "utf8",
    env: { ...process.env, PATH: path },
  });
  return output.split("\n").filter((word) => word !== "");
}

test("bash completes words, and the part after a colon alone, as it splits words there", () => {
  expect(bashOffers("evenkeel pl")).toEqual(["place"]);
  expect(bashOffers("evenkeel place vm.yaml --output ")).toEqual([
    "text",
    "json",
    "svg",
    "libvirt",
  ]);
  expect(bashOffers("evenkeel topology --from machine:hgx-h")).toEqual(["hgx-h100", "hgx-h200"]);
});

test("after the dashes of exec the shells complete another command", () => {
  const program = join(folder, "bin");
  mkdirSync(program, { recursive: true });
  for (const name of ["ekz-one", "ekz-two"]) {
    writeFileSync(join(program, name), "#!/bin/sh\n", { mode: 0o755 });
  }
  const offered = ["ekz-one", "ekz-two"];
  expect(bashOffers("evenkeel exec --gpu 0 -- ekz-").toSorted()).toEqual(offered);
  expect(bashOffers("evenkeel exec --mode node -- ekz-one --o")).toEqual([]);
  expect(bashOffers("evenkeel exec --mem")).toEqual(["--memory"]);
  expect(bashOffers("evenkeel exec --")).toContain("--gpu");
});
