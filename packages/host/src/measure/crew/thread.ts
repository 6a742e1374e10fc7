import { readFileSync, readlinkSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { loadMemoryCalls } from "../../native/memory-calls.ts";
import { loadProcessCalls } from "../../native/process-calls.ts";
import { bufferOf } from "../kernels/buffer.ts";
import { loadKernels, newMemory } from "../kernels/kernels.ts";
import type { Done, Post, Task, ThreadAnswer, ThreadOrder, ThreadSetting } from "./protocol.ts";

/**
 * One thread of a crew: it binds itself and its memory before it touches any of it, and works until
 * the time is over. Its memory begins at a huge page, where its address is known.
 */
const hugeBytes = 2 * MiB;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as crew.ts makes it
const setting = workerData as ThreadSetting;
const gate = new Int32Array(setting.gate);
const processCalls = await loadProcessCalls();
const memoryCalls = await loadMemoryCalls();
const memory = newMemory(setting.bytes + hugeBytes);
const address = memoryCalls?.addressOf(new Uint8Array(memory.buffer)) ?? null;
const start = address === null ? 0 : (hugeBytes - (address % hugeBytes)) % hugeBytes;
const kernels = loadKernels(memory);
const buffer = bufferOf(kernels, memory, start, setting.bytes);
let isWarm = !setting.warmsUp;

const tid = Number(/\d+$/.exec(readlinkSync("/proc/thread-self"))?.[0]);
parentPort?.on("message", (order: ThreadOrder) => {
  answer(
    order.kind === "place"
      ? { kind: "placed", refused: place(order.post, order.seed) }
      : { kind: "worked", done: work(order.task, order.ms, order.crew) },
  );
});
answer({ kind: "here", tid, address: address === null ? null : address + start });

function answer(said: ThreadAnswer): void {
  // Threads have no origin; the rule takes this for a message between windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(said);
}

/** Returns what the kernel refused, in words: then the thread is not where it should be. */
function place({ cpu, memoryNode, pages: wanted }: Post, seed: number): readonly string[] {
  const refused: string[] = [];
  const tried = (what: string, error: number | undefined): void => {
    if (error !== undefined && error !== 0) refused.push(`${what} was refused (errno ${error})`);
  };
  if (cpu !== null) tried("sched_setaffinity", processCalls?.setAffinity(indexSet([cpu])));
  if (memoryCalls !== null && address !== null) {
    const first = address + start;
    if (wanted === "reserved")
      tried("mmap of huge pages", memoryCalls.mapHuge(first, setting.bytes));
    else tried("madvise", memoryCalls.advise(first, setting.bytes, "dont-need"));
    // A kernel without huge pages of its own refuses this, and base pages do.
    if (wanted === "transparent") memoryCalls.advise(first, setting.bytes, "hugepage");
  }
  if (memoryNode !== null) {
    tried("set_mempolicy", processCalls?.setMemoryPolicy("bind", indexSet([memoryNode])));
  }
  if (refused.length > 0) return refused;
  buffer.touch(seed);
  if (!isWarm) warmUp();
  return [];
}

const warmMs = 15;

/** Until the compiler has made its best of every kernel. */
function warmUp(): void {
  isWarm = true;
  const tasks = [{ kind: "chase" }, { kind: "read" }, { kind: "write" }, { kind: "copy" }] as const;
  for (const task of [...tasks, { kind: "inject", turns: 1 } as const]) {
    buffer.prepare(task);
    for (const until = performance.now() + warmMs; performance.now() < until;) buffer.step(task);
  }
}

function work(task: Task, ms: number, crew: number): Done {
  if (task.kind === "rest") return { amount: 0, ns: 0, waitedNs: null, isRight: true };
  buffer.prepare(task);
  waitForAll(crew);
  const waitedBefore = waitedNs();
  const began = performance.now();
  let now = began;
  let until = began + ms;
  let amount = 0;
  let isRight = true;
  for (;;) {
    do {
      const step = buffer.step(task);
      amount += step.amount;
      isRight &&= step.isRight;
      now = performance.now();
    } while (now < until);
    const waited = waitedNs();
    const waitedHere = waited === null || waitedBefore === null ? null : waited - waitedBefore;
    const ranMs = now - began - (waitedHere === null ? 0 : waitedHere / 1e6);
    if (ranMs >= ms * enoughShare || now - began >= ms * patience) {
      return { amount, ns: (now - began) * 1e6, waitedNs: waitedHere, isRight };
    }
    until = now + ms - ranMs;
  }
}

/** Where others have the CPU it goes on until it had this share of its time, or has waited long. */
const enoughShare = 0.5;
const patience = 8;

/** Goes on when as many have come here as should, over all rounds. */
function waitForAll(crew: number): void {
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
  for (;;) {
    const here = Atomics.load(gate, 0);
    if (here >= crew) return;
    Atomics.wait(gate, 0, here, 1000);
  }
}

/**
 * How long this thread was ready to run while others had its CPU: the second number of schedstat.
 * https://docs.kernel.org/scheduler/sched-stats.html
 */
function waitedNs(): number | null {
  try {
    const waited = readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1];
    return waited === undefined ? null : Number(waited);
  } catch {
    return null;
  }
}
