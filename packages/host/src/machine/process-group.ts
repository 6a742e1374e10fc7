import { type ChildProcess, spawn } from "node:child_process";

export interface GroupOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The most that is kept of each stream. */
  readonly maxBytes: number;
  /** Its standard input; empty by default. */
  readonly input?: string;
  /** Its working folder; the caller's by default. */
  readonly folder?: string;
  /** Whether a program that prints more than is kept is ended. */
  readonly endsWhenFull: boolean;
  /** Whether it is ended when a signal ends this process. */
  readonly endsWithCaller: boolean;
}

/** How a process group ended. */
export interface GroupResult {
  /** The status of its first process; null if that was killed or never started. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was ended from here, if it was. */
  readonly ended: "late" | "full" | null;
  /** Why it could not be started, if so. */
  readonly error: Error | null;
}

/** The time for the last output to arrive after the first process has ended. */
const graceMs = 1000;

/**
 * Runs a program as the leader of a process group of its own. At the limit the whole group is
 * killed, so that no process which the program started goes on.
 *
 * The result does not wait for the output to end: a process that outlives the program, or that has
 * left the group, may hold the pipes for ever. They are closed shortly after the program's end.
 */
export function runProcessGroup(
  program: string,
  args: readonly string[],
  { env, timeoutMs, maxBytes, input, folder, endsWhenFull, endsWithCaller }: GroupOptions,
): Promise<GroupResult> {
  return new Promise((resolve) => {
    // Before the program starts: a signal right after its start must find us listening.
    const stopListening = endsWithCaller ? onceCallerEnds(() => killGroup(child)) : () => undefined;
    const child = spawn(program, args, {
      ...(folder === undefined ? {} : { cwd: folder }),
      env,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    // A program that does not read its input to the end has said enough by that.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const output = { stdout: keeper(maxBytes), stderr: keeper(maxBytes) };
    let status: number | null = null;
    let signal: NodeJS.Signals | null = null;
    let ended: GroupResult["ended"] = null;
    let grace: NodeJS.Timeout | null = null;
    const finish = (error: Error | null = null): void => {
      clearTimeout(late);
      if (grace !== null) clearTimeout(grace);
      stopListening();
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      // A process that waits for a device cannot even be killed.
      child.unref();
      const { stdout, stderr } = output;
      resolve({ status, signal, stdout: stdout.text(), stderr: stderr.text(), ended, error });
    };
    const finishSoon = (): void => void (grace ??= setTimeout(finish, graceMs));
    const kill = (why: GroupResult["ended"]): void => {
      ended ??= why;
      killGroup(child);
      finishSoon();
    };
    const late = setTimeout(() => kill("late"), timeoutMs);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk: Buffer) => {
        if (!output[name].add(chunk) && endsWhenFull) kill("full");
      });
    }
    child.once("exit", (...how) => {
      [status, signal] = how;
      clearTimeout(late);
      finishSoon();
    });
    child.once("error", finish);
    child.once("close", () => finish());
  });
}

/** Keeps the first bytes of a stream. */
function keeper(maxBytes: number) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    /** Whether all of it was kept. */
    add: (chunk: Buffer): boolean => {
      const kept = chunk.subarray(0, maxBytes - bytes);
      bytes += kept.length;
      chunks.push(kept);
      return kept.length === chunk.length;
    },
    text: (): string => Buffer.concat(chunks).toString("utf8"),
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended meanwhile.
  }
}

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does something before a signal ends this process. The signal then ends it as before, unless
 * somebody else listens to it. Returns how to stop listening.
 */
function onceCallerEnds(work: () => void): () => void {
  const stop = (): void => {
    for (const name of endingSignals) process.off(name, onSignal);
  };
  const onSignal = (name: NodeJS.Signals): void => {
    stop();
    work();
    if (process.listenerCount(name) === 0) process.kill(process.pid, name);
  };
  for (const name of endingSignals) process.on(name, onSignal);
  return stop;
}
