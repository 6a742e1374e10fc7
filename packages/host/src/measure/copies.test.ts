import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { measureCopies } from "./copies.ts";

const topology = syntheticTopology("package:2 core:2 memory:8Gi root[gpu:h100-pcie]", "two");

/** A folder with programs of these names, as shell scripts. */
function programs(scripts: Readonly<Record<string, string>>): string {
  const folder = scratchFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** Prints what nvbandwidth 0.8 prints: other figures with the memory of node 1. */
const nvbandwidth = (log: string): string => `
[ "$1" = --help ] && exit 0
echo "$NODE $*" >> ${log}
echo 'nvbandwidth Version: v0.8'
matrix() {
  echo "Running $1."
  echo "memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)"
  echo "           0         1"
  echo " 0     $2     $2"
  echo
  echo "SUM $1 100.00"
  echo
}
speed=50.00
[ "$NODE" = 1 ] && speed=30.00
for test in "$@"; do
  case $test in host_*|all_*) matrix "$test" $speed;; esac
done
case "$*" in *device_to_device*)
  echo "Running device_to_device_memcpy_read_ce."
  echo "memcpy CE GPU(row) -> GPU(column) bandwidth (GB/s)"
  echo "           0         1"
  echo " 0       N/A     20.00"
  echo " 1     20.00       N/A"
  echo
  echo "SUM device_to_device_memcpy_read_ce 40.00"
esac`;

/** Hands on what it would bind. */
const numactl = 'NODE=${1#--membind=}; export NODE; shift; exec "$@"';

const options = (path: string, timeMs = 60_000) => ({
  path: `${path}:/usr/bin:/bin`,
  timeMs: () => timeMs,
  signal: new AbortController().signal,
});

test("each node's memory is bound by numactl, alone and all at once, then copies between GPUs", async () => {
  const log = join(scratchFolder(), "log");
  const path = programs({ nvbandwidth: nvbandwidth(log), numactl });
  const { copies, peers, warnings } = await measureCopies(topology, options(path));
  expect(warnings).toEqual([]);
  const speeds = copies.map(({ node, index, ...figures }) => [
    node,
    index,
    figures.hostToDeviceBytesPerSecond?.median,
    figures.togetherDeviceToHostBytesPerSecond?.median,
  ]);
  expect(speeds).toEqual([
    [0, 0, 50e9, 50e9],
    [0, 1, 50e9, 50e9],
    [1, 0, 30e9, 30e9],
    [1, 1, 30e9, 30e9],
  ]);
  expect(peers.map(({ bytesPerSecond }) => bytesPerSecond?.median)).toEqual([20e9, 20e9]);
  const host =
    "-t host_to_device_memcpy_ce device_to_host_memcpy_ce host_to_all_memcpy_ce all_to_host_memcpy_ce";
  expect(readFileSync(log, "utf8")).toBe(
    `0 ${host}\n1 ${host}\n -t device_to_device_memcpy_read_ce\n`,
  );
});

test("what is not installed, fails, prints nonsense or has no time is told, and no error", async () => {
  const told = async (path: string, timeMs?: number) =>
    (await measureCopies(topology, options(path, timeMs))).warnings.join("\n");
  expect(await told(programs({}))).toContain("nvbandwidth is not installed");
  const failing = programs({ nvbandwidth: '[ "$1" = --help ] || exit 7', numactl });
  expect(await told(failing)).toContain("exit status 7");
  expect(await told(programs({ nvbandwidth: "echo hello", numactl }))).toContain("no measurement");
  expect(await told(programs({ nvbandwidth: "true", numactl }), 100)).toContain("no time");
  const none = syntheticTopology("package:1 core:2 memory:8Gi", "none");
  expect(await measureCopies(none, options(programs({})))).toEqual({
    copies: [],
    peers: [],
    warnings: [],
  });
});
