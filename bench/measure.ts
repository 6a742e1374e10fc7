import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { at } from "@evenkeel/core/unit/list.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { startCrew } from "@evenkeel/host/measure/crew/crew.ts";
import type { Done } from "@evenkeel/host/measure/crew/protocol.ts";
import { ownRate } from "@evenkeel/host/measure/measured.ts";
import type { Figure } from "./report.ts";

/**
 * The kernels of `evenkeel measure` beside the same ones in C, on one CPU, over as much memory in
 * pages of the same size, in the same order of addresses. They take turns, so that what disturbs
 * one disturbs the other too, and each counts the time in which it had the CPU. All of it is done
 * twice, with new processes and new pages.
 */
export async function benchMeasure(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-bench-"));
  try {
    const program = join(folder, "measure");
    const source = join(import.meta.dirname, "measure.c");
    try {
      const flags = ["-O2", "-fno-tree-loop-distribute-patterns"];
      execFileSync("cc", [...flags, "-o", program, source], { stdio: "pipe" });
    } catch (error) {
      console.error(
        `There is nothing to compare with: cc does not compile ${source}: ${String(error)}`,
      );
      return [];
    }
    const runs = [await runOnce(program), await runOnce(program)];
    return kinds.flatMap((kind, i) =>
      figuresOf(
        kind,
        runs.map((run) => at(run, i)),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const kinds = ["chase", "read", "write", "copy"] as const;
const names = { chase: "latency", read: "reading", write: "writing", copy: "copying" } as const;

const bytes = 256 * MiB;
const seed = 0x2545f491;
const cpu = 0;
const rounds = 15;
const windowMs = 30;

/** A rate of each in the same round: hops or bytes per nanosecond. */
interface Round {
  readonly own: number;
  readonly other: number;
}

/** The rounds of each kind. */
async function runOnce(program: string): Promise<readonly (readonly Round[])[]> {
  const never = new AbortController().signal;
  const crew = await startCrew({ threads: [bytes], isGentle: false, warmsUp: true }, [], never);
  const peer = startPeer(program);
  try {
    await crew.place([{ cpu, memoryNode: null, pages: "transparent" }], seed);
    const all: Round[][] = [];
    for (const kind of kinds) {
      const taken: Round[] = [];
      // The first is to warm up.
      for (let round = -1; round < rounds; round++) {
        const { done } = await crew.work([{ kind }], windowMs, false);
        const other = await peer.work(kind);
        if (round >= 0) taken.push({ own: ownRate(at(done, 0)), other: ownRate(other) });
      }
      all.push(taken);
    }
    return all;
  } finally {
    peer.end();
    await crew.end();
  }
}

/** The C program, which answers a line for each line. */
function startPeer(program: string): {
  readonly work: (kind: string) => Promise<Done>;
  readonly end: () => void;
} {
  const child = spawn(program, [`${cpu}`, `${bytes}`, `${seed}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    work: async (kind) => {
      child.stdin.write(`${kind} ${windowMs}\n`);
      const line: unknown = (await lines.next()).value;
      const [amount, ns, waitedNs] = String(line).split(" ").map(Number);
      if (amount === undefined || ns === undefined || waitedNs === undefined) {
        throw new Error(`the program in C answered ${String(line)}`);
      }
      return { amount, ns, waitedNs, isRight: true };
    },
    end: () => void child.kill("SIGKILL"),
  };
}

function figuresOf(
  kind: (typeof kinds)[number],
  runs: readonly (readonly Round[])[],
): readonly Figure[] {
  const name = names[kind];
  const all = runs.flat();
  const ratios = all.map(({ own, other }) => own / other);
  const [first, second] = runs.map((run) => median(run.map(({ own, other }) => own / other)));
  const ratio = median(ratios);
  const unit = kind === "chase" ? "ns" : "GB/s";
  const shown = (rate: number): number => (kind === "chase" ? 1 / rate : rate);
  const figure = (subject: string, value: number, of: string, goal: Figure["goal"]): Figure => {
    return { bench: "measure", subject, value: Number(value.toPrecision(4)), unit: of, goal };
  };
  const apart = Math.abs(Math.max(ratio, 1 / ratio) - 1) * 100;
  const between = Math.abs(
    Math.max(Number(first) / Number(second), Number(second) / Number(first)) - 1,
  );
  const sorted = ratios.toSorted((a, b) => a - b);
  const quarter = (part: number): number => at(sorted, Math.floor(part * (sorted.length - 1)));
  return [
    figure(`${name}, evenkeel`, shown(median(all.map(({ own }) => own))), unit, null),
    figure(`${name}, C`, shown(median(all.map(({ other }) => other))), unit, null),
    figure(`${name}: speed beside C, median of ${ratios.length}`, ratio, "times", null),
    figure(`${name}: a quarter of the rounds below`, quarter(0.25), "times", null),
    figure(`${name}: a quarter of the rounds above`, quarter(0.75), "times", null),
    figure(`${name}: apart from C`, apart, "%", { atMost: 25 }),
    figure(`${name}: between two runs`, between * 100, "%", { atMost: 10 }),
  ];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (at(sorted, (sorted.length - 1) >> 1) + at(sorted, sorted.length >> 1)) / 2;
}
