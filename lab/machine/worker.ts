import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { expect } from "vitest";
import type { Outcome } from "./channel.ts";
import { evenkeelProgram, evenkeelWords, type Host, workerProgram } from "./host.ts";

/** Starts `evenkeel exec` with a program that says where the kernel has it: `agent/worker.c`. */

const MiB = 4;
const pageCount = (MiB << 20) / 4096;

/** Words before a command line that do something in the same process, such as enter a cgroup. */
export function prepared(script: string): readonly string[] {
  return ["/bin/sh", "-c", `${script}; exec "$@"`, "sh"];
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

function commandLine(flags: readonly string[], before: readonly string[]): readonly string[] {
  const exec = [evenkeelProgram, ...evenkeelWords, "exec", ...flags, "--"];
  return [...before, ...exec, workerProgram, `${MiB}`];
}

/**
 * Runs the program to its end.
 *
 * @param before words that become the command line: see `prepared`.
 */
export function execWorker(
  host: Host,
  flags: readonly string[],
  before: readonly string[] = [],
): Promise<Outcome> {
  const [program = "", ...args] = commandLine(flags, before);
  return host.run(program, args, { timeoutMs: 300_000 });
}

export interface Job extends Outcome {
  readonly pid: number;
}

let jobs = 0;

/** Starts the program and lets it stay; `endJob` ends it. */
export async function startJob(host: Host, flags: readonly string[]): Promise<Job> {
  const out = `/tmp/job-${++jobs}`;
  const line = [...commandLine(flags, []), "stay"].map(quoted).join(" ");
  const script = `${line} > ${out} 2> ${out}.err & pid=$!
while [ -d /proc/$pid ] && ! grep -q ^done ${out}; do sleep 0.2; done
if [ -d /proc/$pid ]; then status=0; else wait $pid; status=$?; fi
echo $pid; cat ${out}; cat ${out}.err >&2; exit $status`;
  const outcome = await host.run("/bin/sh", ["-c", script], { timeoutMs: 300_000 });
  const [pid, ...lines] = outcome.stdout.split("\n");
  return { ...outcome, stdout: lines.join("\n"), pid: Number(pid) };
}

/** Kills a job as nothing can hold up, and waits until it is gone. */
export async function endJob(host: Host, { pid }: Job): Promise<void> {
  await host.ok("/bin/sh", ["-c", `kill -9 ${pid}; while [ -d /proc/${pid} ]; do sleep 0.1; done`]);
}

/** Where all threads and the child of the program are, by the kernel's word. */
export interface Where {
  readonly cpus: string;
  /** As numa_maps writes it: `bind:0`, `prefer:0`, `default`. */
  readonly policy: string;
  /** The nodes of their pages, ascending. */
  readonly nodes: readonly number[];
  /** The nodes of the pages of a thread that left the CPUs; null where none are left to go to. */
  readonly afterLeaving: readonly number[] | null;
}

const roles = ["main", "early", "late", "child", "child-thread"];

/**
 * Reads what the program has printed. The threads, the child and its thread must say the same, and
 * numa_maps must say of every page what move_pages(2) does, where that may be called.
 */
export function whereIn({ status, stdout, stderr }: Outcome): Where {
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const lines = [
    ...stdout.matchAll(/^(\S+) cpus=(\S*) task=(\S*) maps=(\S*) pages=(\S*) asked=(\S*)$/gm),
  ];
  const seen = new Map(
    lines.map(([, role = "", cpus = "", task = "", maps = "", pages = "", asked = ""]) => {
      if (task !== "unknown") expect(maps).toBe(task);
      if (asked !== "no") expect(asked).toBe(pages);
      return [role, { cpus, policy: maps, nodes: nodesOf(pages) }] as const;
    }),
  );
  const all = roles.map((role) => seen.get(role));
  const [first] = all;
  if (first === undefined || all.includes(undefined)) throw new Error(`not all said: ${stdout}`);
  expect(all.map((one) => [one?.cpus, one?.policy])).toEqual(
    roles.map(() => [first.cpus, first.policy]),
  );
  const nodes = [...new Set(all.flatMap((one) => one?.nodes ?? []))].toSorted((a, b) => a - b);
  const { cpus, policy } = first;
  return { cpus, policy, nodes, afterLeaving: seen.get("leaving")?.nodes ?? null };
}

function nodesOf(pages: string): readonly number[] {
  const counts = pages.split(",").map((one) => {
    const [node, count] = one.split(":").map(Number);
    return { node: Number(node), count: Number(count) };
  });
  expect(sumOf(counts, ({ count }) => count)).toBe(pageCount);
  return counts.map(({ node }) => node);
}

/** What the program was told in EVENKEEL_BINDING. */
export function toldIn({ stdout }: Outcome): {
  readonly cpus: string | null;
  readonly memory: string;
  readonly memoryNodes: string | null;
} {
  const { cpus, memory, memoryNodes } = JSON.parse(/^told (.*)$/m.exec(stdout)?.[1] ?? "null");
  return { cpus, memory, memoryNodes };
}
