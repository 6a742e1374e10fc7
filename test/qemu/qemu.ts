import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A QEMU that was started paused and answers its monitor. */
export interface Qemu {
  /** The answer to one command of its monitor protocol; rejects with what QEMU says against it. */
  readonly ask: (execute: string, args?: object) => Promise<Value>;
  /** Ends it and waits for that. */
  readonly quit: () => Promise<void>;
}

/** What JSON holds. */
export type Value =
  | string
  | number
  | boolean
  | null
  | readonly Value[]
  | { readonly [key: string]: Value };

interface Answer {
  readonly return?: Value;
  readonly error?: { readonly desc: string };
  readonly event?: string;
}

/**
 * Starts QEMU with its monitor on standard input and output, where nothing else is written. It ends
 * with this process, whichever way that ends.
 */
export async function startQemu(program: string, args: readonly string[]): Promise<Qemu> {
  const monitor = ["-chardev", "stdio,id=test", "-mon", "chardev=test,mode=control", "-S"];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args, ...monitor]);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const waiting: ((answer: Answer) => void)[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const answer: Answer = JSON.parse(line);
    if (answer.event === undefined) waiting.shift()?.(answer);
  });
  child.once("close", () => {
    for (const take of waiting) take({ error: { desc: said } });
  });
  const answered = (): Promise<Answer> => new Promise((resolve) => waiting.push(resolve));
  const ask = async (execute: string, given: object = {}): Promise<Value> => {
    const answer = answered();
    child.stdin.write(`${JSON.stringify({ execute, arguments: given })}\n`);
    const { error, return: value } = await answer;
    if (error !== undefined) throw new Error(`${program} ${execute}: ${error.desc}`);
    return value ?? null;
  };
  const quit = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
  };
  child.stdin.on("error", () => undefined);
  const { error } = await answered();
  if (error !== undefined) throw new Error(`${program}: ${error.desc}`);
  await ask("qmp_capabilities");
  return { ask, quit };
}
