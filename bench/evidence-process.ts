import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { readMemorySummary, readProcessMemory } from "@evenkeel/host/procfs/read-process-memory.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { interleave, median, type Timing } from "./interleave.ts";
import { type Figure, type Row, row } from "./report.ts";

/** As much memory as the process has, or half of what is free. */
const gibibytes = Math.max(1, Math.min(8, Math.floor(freemem() / GiB / 2)));

/** How long faults are measured in each round, and how many rounds there are. */
const roundMs = 1500;
const rounds = 5;

/**
 * What it costs to read a process with much memory in small pages, and what the process notices of
 * it: a C program touches its memory, and measures its page faults while it is read and while it is
 * not, in turn.
 */
export async function benchProcess(): Promise<readonly (Row | Figure)[]> {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-bench-"));
  const program = join(folder, "page-faults");
  execFileSync("cc", ["-O2", "-o", program, join(import.meta.dirname, "page-faults.c")]);
  const child = spawn(program, [`${gibibytes}`], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async (): Promise<string> => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the process with the memory has ended");
      return value;
    };
    const touched = {
      name: `first touch of ${gibibytes} GiB`,
      rounds: [Number((await line()).slice(6))],
    };
    return [...(await readings(child, touched)), ...(await faults(child, line))];
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What each file costs, against the first touch of the same memory. */
async function readings(
  { pid }: ChildProcess,
  touched: Timing,
): Promise<readonly (Row | Figure)[]> {
  if (pid === undefined) return [];
  const size = `${gibibytes} GiB in 4 KiB pages`;
  const [memory, rollup] = interleave(
    [
      { name: `memory by node, ${size}`, run: () => void readProcessMemory(liveTree(), pid) },
      { name: `memory in huge pages, ${size}`, run: () => void readMemorySummary(liveTree(), pid) },
    ],
    rounds,
  );
  if (memory === undefined || rollup === undefined) return [];
  return [
    row("evidence", touched, touched, null),
    row("evidence", memory, touched, null),
    row("evidence", rollup, memory, null),
    {
      bench: "evidence",
      subject: "memory by node, for each GiB",
      value: median(memory) / gibibytes,
      unit: "ms",
      goal: null,
    },
  ];
}

/** Of a fault and of a new mapping: the median, the 99th of a hundred, and the worst. */
const names = ["fault", "new mapping"].flatMap((what) => [
  what,
  `${what}, 99 of 100`,
  `${what}, the worst`,
]);

/** One reading after the other. */
function readUntil(until: number, { pid }: ChildProcess): void {
  while (performance.now() < until) readFileSync(`/proc/${pid}/numa_maps`);
}

async function faults(child: ChildProcess, line: () => Promise<string>): Promise<readonly Row[]> {
  const alone = names.map((): number[] => []);
  const read = names.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [into, isRead] of [
      [alone, false],
      [read, true],
    ] as const) {
      child.stdin?.write(`${roundMs}\n`);
      const until = performance.now() + roundMs;
      if (isRead) readUntil(until, child);
      const [, ...nanoseconds] = (await line()).split(" ").map(Number);
      for (const [i, ns] of nanoseconds.entries()) at(into, i).push(ns / 1e6);
    }
  }
  const timing = (name: string, took: readonly number[]): Timing => {
    return { name, rounds: took.toSorted((a, b) => a - b) };
  };
  return names.map((name, i) =>
    row(
      "evidence",
      timing(`${name}, while it is read`, at(read, i)),
      timing(`${name}, alone`, at(alone, i)),
      null,
    ),
  );
}
