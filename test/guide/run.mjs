#!/usr/bin/env node
/**
 * Runs the pages of the guide word by word: writes the files that a page shows, types its commands,
 * and compares what they print with what the page shows.
 *
 *     node test/guide/run.mjs [--update] [--installs] [PAGE…]
 *
 * Without pages it runs all of `docs/guide`. EVENKEEL is the command to use
 * (`/usr/bin/evenkeel`); without it, that of this checkout. EVENKEEL_STATE is the folder that
 * records VMs; without it, one for each page. It needs nothing but Node and a shell. The exit
 * status is 0 when every page is true, and 1 otherwise. With --update it writes what was printed
 * into the page, but for blocks with an ellipsis, which somebody has shortened. With --installs it
 * runs nothing, and prints what the pages install.
 *
 * A page's fenced blocks say in their first line what they are:
 *
 * - `yaml file=vm.yaml` (any language): the file's content; it is written
 * - `console`: commands behind `$ `, each with its output below. A line of `…` stands for any
 *   lines, `…` within a line for any text. `exit=3` is the status of the last command; `exit=0,3`
 *   either
 * - `console needs=qemu-system-x86_64`: the same, where these programs are
 * - `console installs`: shown, and run by those alone who may install something (`--installs`)
 * - `console not-run-here`: shown and never run: it needs a machine with GPUs, or changes one
 */
import { spawnSync } from "node:child_process";
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const limitMs = 120_000;

/** The fenced blocks of a page, with what stands behind their fence. */
function blocksOf(text) {
  const lines = text.split("\n");
  const blocks = [];
  for (let i = 0; i < lines.length; i++) {
    const [, fence, info] = /^(`{3,})\s*(\S.*)$/.exec(lines[i] ?? "") ?? [];
    if (fence === undefined) continue;
    const end = lines.indexOf(fence, i + 1);
    if (end < 0) throw new Error(`line ${i + 1}: the block has no end`);
    blocks.push({ info: info.trim().split(/\s+/), first: i + 1, lines: lines.slice(i + 1, end) });
    i = end;
  }
  return blocks;
}

const wordOf = (info, name) =>
  info.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;

/** A session's commands, each with the output that the page shows below it. */
function commandsOf({ lines, first }) {
  const commands = [];
  for (const [i, line] of lines.entries()) {
    const last = commands.at(-1);
    if (last !== undefined && last.shown.length === 0 && last.typed.endsWith("\\")) {
      last.typed += `\n${line}`;
    } else if (line.startsWith("$ ")) {
      commands.push({ typed: line.slice(2), shown: [], line: first + i + 1 });
    } else if (last === undefined) {
      throw new Error(`line ${first + i + 1}: output before the first command`);
    } else last.shown.push(line);
  }
  return commands;
}

/** Whether what was printed is what is shown: `…` stands for any text, alone for any lines. */
function isShown(shown, printed) {
  const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const parts = shown.map((line) =>
    line.trim() === "…" ? "(?:[^\\n]*\\n)*?" : `${line.split("…").map(escaped).join("[^\\n]*")}\\n`,
  );
  return new RegExp(`^${parts.join("")}$`).test(printed);
}

/** A place for one page: a folder with the command `evenkeel` first on its PATH. */
function placeFor(command) {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-guide-"));
  const work = join(folder, "work");
  const bin = join(folder, "bin");
  for (const one of [work, bin]) mkdirSync(one);
  writeFileSync(join(bin, "evenkeel"), `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(join(bin, "evenkeel"), 0o755);
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
    EVENKEEL_STATE: process.env.EVENKEEL_STATE ?? join(folder, "state"),
    NO_COLOR: "1",
    LC_ALL: "C.UTF-8",
  };
  return { folder, work, env };
}

function missingOf(info) {
  const programs = wordOf(info, "needs")?.split(",") ?? [];
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  const isThere = (program) =>
    folders.some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  return programs.filter((program) => !isThere(program));
}

/** Types one command. Both outputs together, as on a terminal. */
function type(typed, { work, env }) {
  const { status, stdout, error } = spawnSync("sh", ["-c", `exec 2>&1\n${typed}`], {
    cwd: work,
    env,
    encoding: "utf8",
    timeout: limitMs,
    input: "",
  });
  if (error !== undefined) throw error;
  return { status, printed: stdout };
}

/** Runs a session; its faults, and what was printed in place of what is shown. */
function runSession(block, place) {
  const expected = (wordOf(block.info, "exit") ?? "0").split(",").map(Number);
  const faults = [];
  const told = [];
  const commands = commandsOf(block);
  for (const [i, { typed, shown, line }] of commands.entries()) {
    const { status, printed } = type(typed, place);
    const wanted = i === commands.length - 1 ? expected : [0];
    const output = printed.split("\n").map((text) => text.trimEnd());
    if (output.at(-1) === "") output.pop();
    told.push(`$ ${typed}`, ...output);
    const text = output.map((one) => `${one}\n`).join("");
    if (!wanted.some((one) => one === status)) {
      faults.push(
        `line ${line}: $ ${typed}\n  ended with ${status}, expected ${wanted.join(" or ")}\n${text}`,
      );
    } else if (!isShown(shown, text)) {
      faults.push(
        `line ${line}: $ ${typed}\n--- the page shows\n${shown.join("\n")}\n--- it printed\n${text}`,
      );
    }
  }
  return { faults, told: told.flatMap((text) => text.split("\n")) };
}

function runPage(path, command, update) {
  const text = readFileSync(path, "utf8");
  const blocks = blocksOf(text);
  const place = placeFor(command);
  const report = { ran: 0, notRun: 0, skipped: [], faults: [] };
  const lines = text.split("\n");
  let moved = 0;
  try {
    for (const block of blocks) {
      const file = wordOf(block.info, "file");
      if (file !== null) {
        mkdirSync(dirname(join(place.work, file)), { recursive: true });
        writeFileSync(join(place.work, file), `${block.lines.join("\n")}\n`);
      }
      if (block.info[0] !== "console" || block.info.includes("installs")) continue;
      const missing = missingOf(block.info);
      if (block.info.includes("not-run-here")) report.notRun++;
      else if (missing.length > 0) report.skipped.push(...missing);
      else {
        report.ran += commandsOf(block).length;
        const { faults, told } = runSession(block, place);
        const isWhole = !block.lines.some((line) => line.includes("…"));
        if (update && isWhole && faults.length > 0) {
          lines.splice(block.first + moved, block.lines.length, ...told);
          moved += told.length - block.lines.length;
        }
        report.faults.push(...faults);
      }
    }
  } finally {
    rmSync(place.folder, { recursive: true, force: true });
  }
  if (update) writeFileSync(path, lines.join("\n"));
  return report;
}

function pagesOf(given) {
  if (given.length > 0) return given.map((path) => resolve(path));
  const folder = join(root, "docs/guide");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .toSorted()
    .map((name) => join(folder, name));
}

/** The commands of a page that install what the others need. */
function installsOf(path) {
  return blocksOf(readFileSync(path, "utf8"))
    .filter(({ info }) => info[0] === "console" && info.includes("installs"))
    .flatMap((block) => commandsOf(block).map(({ typed }) => typed));
}

const given = process.argv.slice(2);
const update = given.includes("--update");
const pages = pagesOf(given.filter((word) => !word.startsWith("--")));
if (given.includes("--installs")) {
  for (const typed of pages.flatMap(installsOf)) console.log(typed);
  process.exit();
}
const ours = `'${process.execPath}' '${join(root, "packages/cli/bin/evenkeel.mjs")}'`;
const command = process.env.EVENKEEL || ours;
let faults = 0;
for (const path of pages) {
  const report = runPage(path, command, update);
  const notes = [
    `${report.ran} commands run`,
    `${report.notRun} blocks not run here`,
    ...(report.skipped.length === 0 ? [] : [`skipped without ${report.skipped.join(", ")}`]),
  ];
  console.log(
    `${basename(path)}: ${report.faults.length === 0 ? "true" : "FALSE"} (${notes.join(", ")})`,
  );
  for (const fault of report.faults) console.log(fault);
  faults += report.faults.length;
}
process.exitCode = faults === 0 ? 0 : 1;
