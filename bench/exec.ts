import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { loadProcessCalls } from "@evenkeel/host/native/process-calls.ts";
import { readSysfs } from "@evenkeel/host/sysfs/read.ts";
import { generateSysfs } from "@evenkeel/host/testing/sysfs/generate-sysfs.ts";
import { writeBelow } from "@evenkeel/host/testing/sysfs/generated-tree.ts";
import { directoryTree } from "@evenkeel/host/tree/directory-tree.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { interleave, median, type Timing } from "./interleave.ts";
import { type Figure, type Row, row } from "./report.ts";

/**
 * The time from `exec` to the end of a command that does nothing, beside `numactl` in the same
 * rounds, and where it goes. `true` alone is part of every time.
 */
export async function benchExec(): Promise<readonly (Row | Figure)[]> {
  const binary = join(import.meta.dirname, "../packages/cli/bin/evenkeel.mjs");
  const run = (name: string, program: string, ...words: string[]) => ({
    name,
    run: () => void spawnSync(program, words, { stdio: "ignore" }),
  });
  const exec = [binary, "exec", "--", "true"];
  const [numactl, node, help, own, without] = interleave(
    [
      run("numactl -- true", "numactl", "--physcpubind=0", "--membind=0", "--", "true"),
      run("node -e 0", process.execPath, "-e", "0"),
      run("evenkeel --help", process.execPath, binary, "--help"),
      run("evenkeel exec -- true", process.execPath, ...exec),
      run("the same without koffi", process.execPath, "--import", withoutKoffi, ...exec),
    ],
    15,
  );
  if (!numactl || !node || !help || !own || !without) return [];
  return [
    row("exec", numactl, numactl, null),
    ...[node, help, own, without].map((timing) => row("exec", timing, numactl, null)),
    figure("more than numactl, for each command", median(own) - median(numactl)),
    figure("of that, Node's own start", median(node)),
    ...(await parts()),
  ];
}

/** Has Node find no koffi, as where it is not installed. */
const withoutKoffi = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({ resolve(name, context, next) {
    if (name === "koffi") throw new Error("there is none");
    return next(name, context);
  } });
`)}`;

/** Two packages of 64 cores, 256 CPUs; 8 GPUs and 112 PCI functions. */
const large =
  "package:2 core:64 thread:2 memory:1Ti distances:10/21 " +
  "root*4[switch[gpu:h100-sxm nic:cx7 dev:nvme dev:nvme]] nvlink:18 root*4[dev:nvme nic:e810]";

/** What it does within, each for the first time in this process, as in every start. */
async function parts(): Promise<readonly Figure[]> {
  const started = performance.now();
  await loadProcessCalls();
  const koffi = performance.now() - started;
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-bench-"));
  try {
    writeBelow(folder, generateSysfs(syntheticTopology(large, "large")));
    const [here, there] = interleave(
      [
        { name: "this machine", run: () => void readSysfs(directoryTree("/")) },
        { name: "256 CPUs", run: () => void readSysfs(directoryTree(folder)) },
      ],
      5,
    );
    return [
      figure("loading koffi", koffi),
      ...(here === undefined ? [] : [figure("reading this machine's sysfs", least(here))]),
      ...(there === undefined
        ? []
        : [figure("reading 256 CPUs, 8 GPUs and 112 functions from a disk", least(there))]),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const least = ({ rounds }: Timing): number => at(rounds, 0);

const figure = (subject: string, ms: number): Figure => {
  return { bench: "exec", subject, value: Number(ms.toPrecision(4)), unit: "ms", goal: null };
};
