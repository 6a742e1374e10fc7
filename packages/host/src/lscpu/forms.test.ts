import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { afterAll, describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { directoryTree } from "../tree/directory-tree.ts";
import { onlyMachine } from "../tree/roots.ts";
import { readSysfs } from "../sysfs/read.ts";
import { readLscpu } from "./read-lscpu.ts";

/**
 * Every form that the installed lscpu can print, of machines that were recorded: lscpu reads the
 * recording (`--sysroot`), and what it prints must be the machine that we read from it ourselves.
 */
const folder = corpus("lscpu-golden");
const program = "/usr/bin/lscpu";
const archives =
  folder === null || !existsSync(program)
    ? []
    : readdirSync(folder).filter((file) => file.endsWith(".tar.gz"));

const summaries = [[], ["-J"], ["-x"], ["-B"], ["-y"]];
const tables = [
  ["-p"],
  ["-p", "-a"],
  ["-p", "-b"],
  ["-e"],
  ["-e", "-b"],
  ["-e", "-J"],
  ["-e", "--output-all"],
  ["-e", "--output-all", "-J"],
  ["-p", "--output-all"],
  ["-e=NODE,CPU,CORE,SOCKET,CACHE,ONLINE"],
  ["-p=SOCKET,CORE,CPU,NODE,CACHE"],
];

const made: string[] = [];
afterAll(async () => {
  for (const path of made) await rm(path, { recursive: true, force: true });
}, 60_000);

/** The recorded machine in a directory that lscpu takes for the root of a system. */
function recorded(archive: string): string {
  const path = mkdtempSync(join(tmpdir(), "lscpu-forms-"));
  made.push(path);
  execFileSync("tar", ["-xzf", join(folder ?? "", archive), "-C", path]);
  const sys = readdirSync(path, { recursive: true, encoding: "utf8" }).find(
    (name) => name === "sys" || name.endsWith("/sys"),
  );
  return join(path, dirname(sys ?? ""));
}

function printed(root: string, args: readonly string[]): Topology {
  const env = { ...process.env, LC_ALL: "C" };
  const text = execFileSync(program, ["-s", root, ...args], { encoding: "utf8", env });
  return readLscpu(text, "lscpu.txt");
}

const nodesOf = ({ nodes }: Topology) => nodes.map(({ id, cpus }) => ({ id, cpus }));
const coresOf = ({ cores }: Topology) => cores.map(({ cpus, l3 }) => ({ cpus, l3 }));

describe.skipIf(archives.length === 0)("every form of lscpu", () => {
  test.for(archives)("%s", (archive) => {
    const root = recorded(archive);
    const kernel = readSysfs(onlyMachine(directoryTree(root)));
    for (const args of summaries) {
      const topology = printed(root, args);
      expect(nodesOf(topology), args.join(" ")).toEqual(nodesOf(kernel));
      expect(topology.offlineCpus).toBe(kernel.offlineCpus);
      if (topology.cores.length > 0) {
        const cpus = kernel.cores.map((core) => core.cpus);
        expect(topology.cores.map((core) => core.cpus)).toEqual(cpus);
      }
    }
    // This lscpu finds no CPU's number in that recording, and prints `-` for each.
    for (const args of archive.startsWith("rv64") ? [] : tables) {
      const topology = printed(root, args);
      expect(coresOf(topology), args.join(" ")).toEqual(coresOf(kernel));
    }
  });
});
