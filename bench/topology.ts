import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { readSysfs } from "@evenkeel/host/sysfs/read.ts";
import { generateSysfs } from "@evenkeel/host/testing/sysfs/generate-sysfs.ts";
import { writeBelow } from "@evenkeel/host/testing/sysfs/generated-tree.ts";
import { directoryTree } from "@evenkeel/host/tree/directory-tree.ts";
import { interleave } from "./interleave.ts";
import { type Row, row } from "./report.ts";

/** Two packages of 56 cores, eight GPUs and NICs behind switches, and some 300 PCI functions. */
const host =
  "package:2 core:56 thread:2 memory:1Ti hugepages:900x1Gi distances:10/21 " +
  "root*4[switch[gpu:h100-sxm(with:audio) nic:cx7 dev:nvme dev:nvme]] nvlink:18 " +
  "root*8[dev:nvme dev:nvme dev:nvme dev:nvme dev:nvme dev:nvme nic:e810]";

/**
 * The time to read a large host's recorded tree, compared with hwloc reading the same files with
 * all I/O: as a whole process, as a process without a cache of compiled code (as after a fresh
 * clone), and as a call in a running process, where the first call takes longer until the code is
 * compiled.
 */
export function benchTopology(): readonly Row[] {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-bench-"));
  try {
    const machine = syntheticTopology(host, "bench");
    writeBelow(folder, generateSysfs(machine));
    const read = readSysfs(directoryTree(folder));
    if (read.pci.length !== machine.pci.length || read.cores.length !== machine.cores.length) {
      throw new Error("the generated tree does not read as its machine");
    }
    return timed(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timed(folder: string): readonly Row[] {
  const binary = join(import.meta.dirname, "../packages/cli/bin/evenkeel.mjs");
  const spawn = (name: string, command: string, args: readonly string[], env = process.env) => {
    const { status, error } = spawnSync(command, args, { maxBuffer: 64 * 1024 * 1024, env });
    if (status !== 0) throw new Error(`${name} failed`, { cause: error });
  };
  const run = (name: string, command: string, ...args: string[]) => ({
    name,
    run: () => spawn(name, command, args),
  });
  const first = "evenkeel topology, first run";
  const runAnew = () => {
    const cache = mkdtempSync(join(folder, "cache-"));
    const env = { ...process.env, XDG_CACHE_HOME: cache };
    spawn(first, process.execPath, [binary, ...evenkeelArgs(folder)], env);
  };
  const subjects = [
    run("evenkeel topology", process.execPath, binary, ...evenkeelArgs(folder)),
    { name: first, run: runAnew },
    { name: "readSysfs in a process", run: () => void readSysfs(directoryTree(folder)) },
    run("node -e 0", process.execPath, "-e", "0"),
  ];
  const hwloc = run("lstopo", "lstopo-no-graphics", ...lstopoArgs(folder));
  const isThere = spawnSync("lstopo-no-graphics", ["--version"]).status === 0;
  if (!isThere) {
    console.error("lstopo is not installed (apt-get install hwloc-nox): compared with node alone");
  }
  const [whole, anew, reading, node, lstopo] = interleave(
    isThere ? [...subjects, hwloc] : subjects,
    15,
  );
  if (whole === undefined || anew === undefined) return [];
  if (reading === undefined || node === undefined) return [];
  const peer = lstopo ?? node;
  const goal = lstopo === undefined ? null : 10;
  return [
    ...(lstopo === undefined ? [] : [row("topology", lstopo, lstopo, null)]),
    row("topology", whole, peer, goal),
    row("topology", anew, peer, goal),
    row("topology", reading, peer, goal),
    row("topology", node, peer, null),
  ];
}

function evenkeelArgs(folder: string): string[] {
  return ["topology", "--from", `sysfs:${folder}`, "--output", "json"];
}

function lstopoArgs(folder: string): string[] {
  return ["--input", folder, "--if", "fsroot", "--filter", "io:all", "--of", "xml"];
}
