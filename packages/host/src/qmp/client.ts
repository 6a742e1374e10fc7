import { createConnection, type Socket } from "node:net";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { messageOf, parseLine } from "./parse.ts";
import { type Monitor, Refused } from "./monitor.ts";

export interface MonitorLimits {
  /** The limit for the whole conversation: a monitor that another client holds never greets. */
  readonly timeoutMs: number;
  /** The limit of a line. `query-pci` for hundreds of devices takes some hundred kilobytes. */
  readonly lineBytes: number;
  /** The limit of lines in the conversation: answers, and events between them. */
  readonly lines: number;
  /** The limit of all lines together. */
  readonly totalBytes: number;
}

const usualLimits: MonitorLimits = {
  timeoutMs: 5000,
  lineBytes: 8 * MiB,
  lines: 100_000,
  totalBytes: 128 * MiB,
};

/**
 * Talks to the monitor of QEMU over its unix socket: waits for the greeting, negotiates, runs
 * `work`, and closes.
 *
 * Each line is a JSON object: the greeting, an event, which is skipped, or an answer, in the order
 * of the commands. A monitor that is too slow, sends too much, or something else, ends the
 * conversation with an error. https://www.qemu.org/docs/master/interop/qmp-spec.html
 */
export async function withMonitor<T>(
  path: string,
  work: (monitor: Monitor) => Promise<T>,
  otherLimits: Partial<MonitorLimits> = {},
): Promise<T> {
  const limits = { ...usualLimits, ...otherLimits };
  const socket = createConnection(path);
  const failure = Promise.withResolvers<never>();
  // Without a waiting caller, a rejection must not stay unhandled.
  failure.promise.catch(() => {});
  const late = `${path} did not answer within ${limits.timeoutMs / 1000} s; another client may hold it`;
  const timer = setTimeout(() => failure.reject(new Error(late)), limits.timeoutMs);
  const lines = linesOf(socket, limits, failure.reject);
  const next = (): Promise<unknown> => Promise.race([lines(), failure.promise]);
  const askNow: Monitor["ask"] = async (command, args) => {
    socket.write(`${JSON.stringify({ execute: command, ...(args && { arguments: args }) })}\n`);
    for (;;) {
      const message = messageOf(await next());
      if (message.kind === "answer") return message.value;
      if (message.kind === "error") throw new Refused(`${command}: ${message.why}`);
    }
  };
  let before: Promise<unknown> = Promise.resolve();
  // Answers come in the order of the commands, so each waits for those before it.
  const ask: Monitor["ask"] = (command, args) => {
    const answer = before.then(() => askNow(command, args));
    before = answer.catch(() => {});
    return answer;
  };
  try {
    const greeting = messageOf(await next());
    if (greeting.kind !== "greeting")
      throw new Error(`${path} does not send the greeting of QEMU's monitor`);
    await ask("qmp_capabilities");
    return await work({ where: `QMP at ${path}`, ask });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Each call reads the value of the next line. */
function linesOf(
  socket: Socket,
  limits: MonitorLimits,
  fail: (error: Error) => void,
): () => Promise<unknown> {
  const ready: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  const split = lineSplitter(limits);
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    try {
      for (const line of split(chunk)) {
        if (line.trim() === "") continue;
        const value = parseLine(line);
        const waiter = waiting.shift();
        if (waiter === undefined) ready.push(value);
        else waiter(value);
      }
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
      socket.destroy();
    }
  });
  socket.on("error", (error) => fail(error));
  socket.on("close", () => fail(new Error("the monitor closed the connection")));
  return () => {
    if (ready.length > 0) return Promise.resolve(ready.shift());
    const { promise, resolve } = Promise.withResolvers<unknown>();
    waiting.push(resolve);
    return promise;
  };
}

/**
 * Splits what arrives into complete lines. It looks at each character once, however small the
 * pieces are. Throws where a line is too long or there are too many.
 */
function lineSplitter(limits: MonitorLimits): (chunk: string) => readonly string[] {
  let pieces: string[] = [];
  let lineLength = 0;
  let lines = 0;
  let total = 0;
  const check = (spent: number, limit: number, what: string): void => {
    if (spent > limit) throw new Error(`the monitor wrote ${what.replace("N", `${limit}`)}`);
  };
  return (chunk) => {
    const complete: string[] = [];
    for (const [i, part] of chunk.split("\n").entries()) {
      if (i > 0) {
        complete.push(pieces.join(""));
        [pieces, lineLength] = [[], 0];
      }
      pieces.push(part);
      lineLength += part.length;
      check(lineLength, limits.lineBytes, "a line of more than N bytes");
    }
    lines += complete.length;
    total += chunk.length;
    check(lines, limits.lines, "more than N lines");
    check(total, limits.totalBytes, "more than N bytes");
    return complete;
  };
}
