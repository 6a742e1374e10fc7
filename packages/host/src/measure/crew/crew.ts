import { type ChildProcess, spawn } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../machine/child-environment.ts";
import type { CrewAnswer, CrewOrder, CrewSetting, Done, Post, Seen, Task } from "./protocol.ts";

/**
 * A crew: a process of its own whose threads measure. It has a session of its own, so that an
 * interrupt from the terminal reaches its starter alone, and ends when that does. All that it held
 * is given back when it ends, however it ends.
 */
export interface Crew {
  /** Sends the threads to their posts. Returns what the kernel refused, in words. */
  readonly place: (posts: readonly Post[], seed: number) => Promise<readonly string[]>;
  /** All threads work that long at once. `look`: the kernel is asked for their pages too. */
  readonly work: (
    tasks: readonly Task[],
    ms: number,
    look: boolean,
  ) => Promise<{ readonly done: readonly Done[]; readonly seen: Seen }>;
  /** Ends it at once, and waits until it is gone. */
  readonly end: () => Promise<void>;
}

/** A crew that ended by itself, or did not answer: what it measured is lost. */
export class CrewLost extends Error {}

/** Longer than any order takes; a machine that swaps takes longer. */
const answerMsMax = 120_000;

/**
 * Starts a crew.
 *
 * @param binder words of a program that binds what it runs, such as numactl; none where the threads
 *   bind themselves.
 * @param signal ends it when aborted.
 */
export async function startCrew(
  setting: CrewSetting,
  binder: readonly string[],
  signal: AbortSignal,
): Promise<Crew> {
  const file = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
  const own = [process.execPath, ...process.execArgv, file, JSON.stringify(setting)];
  const [program = process.execPath, ...words] = [...binder, ...own];
  const child = spawn(program, words, {
    detached: true,
    env: childEnvironment(process.env),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
  };
  const ask = askerOf(child, signal);
  const ready = await ask(null);
  if (ready.kind !== "ready") throw await lost(ready);
  return {
    place: async (posts, seed) => {
      const said = await ask({ kind: "place", posts, seed });
      if (said.kind !== "placed") throw await lost(said);
      return said.refused;
    },
    work: async (tasks, ms, look) => {
      const said = await ask({ kind: "work", tasks, ms, look });
      if (said.kind !== "worked") throw await lost(said);
      return said;
    },
    end,
  };

  async function lost(said: CrewAnswer): Promise<CrewLost> {
    await end();
    return new CrewLost(said.kind === "failed" ? said.why : `it answered ${said.kind}`);
  }
}

/** Asks one thing at a time. Every way in which there is no answer is one. */
function askerOf(
  child: ChildProcess,
  signal: AbortSignal,
): (order: CrewOrder | null) => Promise<CrewAnswer> {
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    if (errors.length < 4096) errors += chunk.toString();
  });
  return async (order) => {
    const { promise, resolve } = Promise.withResolvers<CrewAnswer>();
    const failed = (why: string): void => resolve({ kind: "failed", why });
    const onError = (error: Error): void => failed(error.message);
    const onClose = (status: number | null, by: string | null): void => {
      const line = errors.trim().split("\n").at(-1) ?? "";
      failed(`its process ended (${by ?? `status ${status}`})${line === "" ? "" : `: ${line}`}`);
    };
    const onAbort = (): void => failed("interrupted");
    const timer = setTimeout(() => failed("it does not answer"), answerMsMax);
    child.once("message", resolve);
    child.once("error", onError);
    child.once("close", onClose);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else if (order !== null) child.send(order);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      child.off("message", resolve);
      child.off("error", onError);
      child.off("close", onClose);
      signal.removeEventListener("abort", onAbort);
    }
  };
}
