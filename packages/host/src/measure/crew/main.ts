import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { at } from "@evenkeel/core/unit/list.ts";
import { liveTree } from "../../tree/directory-tree.ts";
import { lookAt, type Watched } from "./look.ts";
import type {
  CrewAnswer,
  CrewOrder,
  CrewSetting,
  ThreadAnswer,
  ThreadOrder,
  ThreadSetting,
} from "./protocol.ts";

/**
 * The process of a crew: its threads measure, and its main thread, which sleeps otherwise, looks at
 * them by the kernel's word meanwhile. `crew.ts` starts it. It ends when whoever started it does.
 *
 * Where memory gets short the kernel is to end it before anything else.
 */
process.on("disconnect", () => process.exit(0));
try {
  writeFileSync("/proc/self/oom_score_adj", "1000");
} catch {
  // Without a /proc to write to, the kernel chooses by size.
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as crew.ts writes it
const { threads: sizes, isGentle, warmsUp } = JSON.parse(process.argv[2] ?? "") as CrewSetting;
// The threads inherit it.
if (isGentle) setPriority(19);

const gate = new SharedArrayBuffer(4);
let passed = 0;
const threads = sizes.map((bytes) => startThread({ bytes, warmsUp, gate }));
const watched: Watched[] = [];
for (const [i, thread] of threads.entries()) {
  const said = await thread.next();
  if (said.kind === "here") watched.push({ ...said, bytes: at(sizes, i) });
}
process.on("message", (order: CrewOrder) => {
  carryOut(order).then(say, (error: unknown) => say({ kind: "failed", why: String(error) }));
});
say({ kind: "ready" });

function say(answer: CrewAnswer): void {
  process.send?.(answer);
}

async function carryOut(order: CrewOrder): Promise<CrewAnswer> {
  switch (order.kind) {
    case "place": {
      const refused: string[] = [];
      const { posts, seed } = order;
      const placed = await Promise.all(
        threads.map((thread, i) =>
          thread.ask({ kind: "place", post: at(posts, i), seed: seed + i }),
        ),
      );
      for (const said of placed) if (said.kind === "placed") refused.push(...said.refused);
      return { kind: "placed", refused: [...new Set(refused)] };
    }
    case "work":
      return work(order);
  }
}

async function work({
  tasks,
  ms,
  look,
}: Extract<CrewOrder, { kind: "work" }>): Promise<CrewAnswer> {
  const busy = threads
    .map((thread, i) => ({ thread, task: at(tasks, i), of: at(watched, i) }))
    .filter(({ task }) => task.kind !== "rest");
  passed += busy.length;
  const asked = busy.map(({ thread, task }) =>
    thread.ask({ kind: "work", task, ms, crew: passed }),
  );
  await begun();
  await sleep(ms / 2);
  const seen = lookAt(
    liveTree(),
    busy.map(({ of }) => of),
    look,
  );
  const done = (await Promise.all(asked)).flatMap((said) =>
    said.kind === "worked" ? [said.done] : [],
  );
  return { kind: "worked", done, seen };
}

/** Waits until all threads have prepared and begin. */
async function begun(): Promise<void> {
  const counter = new Int32Array(gate);
  for (;;) {
    const here = Atomics.load(counter, 0);
    if (here >= passed) return;
    const { value } = Atomics.waitAsync(counter, 0, here, 1000);
    await value;
  }
}

interface Thread {
  readonly ask: (order: ThreadOrder) => Promise<ThreadAnswer>;
  readonly next: () => Promise<ThreadAnswer>;
}

/** Starts a thread. An error in it ends the process, and with it the measurement. */
function startThread(setting: ThreadSetting): Thread {
  const file = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, { workerData: setting });
  const answers: ThreadAnswer[] = [];
  const waiting: ((answer: ThreadAnswer) => void)[] = [];
  worker.on("message", (answer: ThreadAnswer) => {
    const first = waiting.shift();
    if (first === undefined) answers.push(answer);
    else first(answer);
  });
  worker.on("error", (error: unknown) => {
    throw error;
  });
  const next = async (): Promise<ThreadAnswer> =>
    answers.shift() ?? new Promise((resolve) => waiting.push(resolve));
  return {
    next,
    ask: (order) => {
      // Threads have no origin; the rule takes this for a message between windows.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage(order);
      return next();
    },
  };
}
