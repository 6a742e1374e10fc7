import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { shownCommands } from "./commands/commands.ts";
import { helpOf } from "./help.ts";
import { evenkeel } from "../testing/evenkeel.ts";

/** What each word of `--output` means, for every command that has it. */
const meanings: Readonly<Record<string, RegExp>> = {
  text: /: (?:text|json|text, json): /,
  json: /json: /,
  svg: /svg: a picture/,
  html: /html: (?:one )?page/,
  dot: /dot: a graph for Graphviz/,
  nccl: /nccl: a topology file\s+for NCCL/,
  libvirt: /libvirt: the domain XML/,
};

/** Commands that answer with a script or with help, for a shell or a person alone. */
const withoutOutput = new Set(["completion", "help"]);

test("every command that answers has --output with text and json, -o, and the same words", () => {
  for (const { name, command } of shownCommands) {
    const { flags = {}, aliases = {} } = command.parameters;
    const output = flags["output"];
    if (withoutOutput.has(name)) {
      expect([name, output]).toEqual([name, undefined]);
      continue;
    }
    if (output?.kind !== "enum") expect.unreachable(`${name} has no --output`);
    expect([name, aliases]).toMatchObject([name, { o: "output" }]);
    // A record is for programs alone: doctor and why say it in words.
    const expected = name === "evidence" ? ["json"] : ["text", "json"];
    expect([name, ...output.values.slice(0, expected.length)]).toEqual([name, ...expected]);
    expect([name, output.default]).toEqual([name, expected[0]]);
    for (const value of output.values) {
      expect(`${name}: ${output.brief}`).toMatch(meanings[value] ?? /^no meaning of it/);
    }
  }
});

test("letters mean the same flag everywhere", () => {
  const letters = new Map<string, string>();
  for (const { command } of shownCommands) {
    for (const [letter, flag = ""] of Object.entries(command.parameters.aliases ?? {})) {
      expect(letters.get(letter) ?? flag).toBe(flag);
      letters.set(letter, flag);
      expect(Object.keys(command.parameters.flags ?? {})).toContain(flag);
    }
  }
  expect(Object.fromEntries(letters)).toEqual({ o: "output", y: "yes" });
});

test("help CMD is CMD --help, version is --version, and -ojson is --output json", async () => {
  for (const { name } of shownCommands) {
    const help = await evenkeel(["help", name], { terminal: 80 });
    expect(help).toEqual({ stdout: helpOf([name], 80), stderr: "", status: 0 });
  }
  expect(await evenkeel(["help"])).toEqual(await evenkeel(["--help"]));
  expect(await evenkeel(["help", "plaec"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("did you mean place?"),
  });
  expect((await evenkeel(["help", "__complete"])).status).toBe(2);
  for (const argv of [["version"], ["-v"], ["-V"]]) {
    expect(await evenkeel(argv)).toEqual(await evenkeel(["--version"]));
  }
  const json = await evenkeel(["version", "-ojson"]);
  expect(JSON.parse(json.stdout)).toEqual({ version: "0.0.0-test", node: process.versions.node });
  expect(json).toEqual(await evenkeel(["version", "--output", "json"]));
  expect(json).toEqual(await evenkeel(["version", "-o=json"]));
});

test("an error is JSON where -o json is asked for, however it is written", async () => {
  for (const output of [["-ojson"], ["-o", "json"], ["-o=json"], ["--output=json"]]) {
    const { stderr } = await evenkeel(["topology", "--form", "x", ...output]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "usage" } });
  }
});

test("topology SRC is topology --from SRC, and both are merged", async () => {
  const plain = await evenkeel(["topology", "machine:hgx-h100"]);
  expect(plain).toEqual(await evenkeel(["topology", "--from", "machine:hgx-h100"]));
  expect(plain.status).toBe(0);
  const [one, other] = ["machine:hgx-h100", "synthetic:package:2 core:4 memory:8Gi"];
  const two = await evenkeel(["topology", one, "--from", other]);
  expect(two).toEqual(await evenkeel(["topology", "--from", one, "--from", other]));
  expect(two).toEqual(await evenkeel(["topology", one, other]));
});

test("the catalog is listed, as text in the width of the terminal and as JSON", async () => {
  const { stdout } = await evenkeel(["topology", "--list"], {
    terminal: 80,
    env: { NO_COLOR: "1" },
  });
  expect(stdout.match(/^machine:\S+/gm)).toEqual(catalogNames.map((name) => `machine:${name}`));
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  const json = JSON.parse((await evenkeel(["topology", "--list", "-o", "json"])).stdout);
  expect(json).toMatchObject({ kind: "MachineList", apiVersion: "evenkeel/v1" });
  expect(json.machines.map(({ name }: { name: string }) => name)).toEqual(catalogNames);
  expect(json.machines).toContainEqual(
    expect.objectContaining({ source: "machine:hgx-h100", nodes: 2, accelerators: 8 }),
  );
  for (const argv of [["live"], ["--diff", "live"], ["-o", "svg"]]) {
    expect((await evenkeel(["topology", "--list", ...argv])).status).toBe(2);
  }
});

test("what a command wrote is told to programs too", async () => {
  const folder = scratchFolder();
  const tar = join(folder, "host.tar");
  const snapshot = await evenkeel(["snapshot", tar, "-ojson"]);
  expect(JSON.parse(snapshot.stdout)).toMatchObject({ source: `sysfs:${tar}` });
  expect(execFileSync("tar", ["-tf", tar], { encoding: "utf8" })).toContain("cpuinfo");
  const demo = await evenkeel(["demo", "--on", "machine:hgx-h100", "--out", folder, "-ojson"]);
  const told = JSON.parse(demo.stdout);
  expect(told).toMatchObject({ machine: "hgx-h100", files: expect.any(Array) });
  expect(told.plans).toHaveLength(2);
});
