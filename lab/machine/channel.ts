import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** The result of a command on the emulated host. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Asks the agent (`agent/agent.mjs`) to do something. */
export type Ask = (
  message: Readonly<Record<string, unknown>>,
  timeoutMs: number,
) => Promise<Outcome>;

export interface Channel {
  readonly ask: Ask;
  /** Resolves when the agent is running. */
  readonly up: Promise<void>;
  readonly close: () => void;
}

/** Connects to QEMU's socket for the port; one JSON object per line in either direction. */
export async function openChannel(path: string): Promise<Channel> {
  const socket = await connect(path);
  const waiting = new Map<number, (outcome: Outcome) => void>();
  let next = 1;
  let rest = "";
  const up = new Promise<void>((resolve) => {
    waiting.set(0, () => resolve());
  });
  socket.on("data", (chunk: Buffer) => {
    rest += chunk.toString();
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const message: Outcome & { readonly id: number } = JSON.parse(rest.slice(0, end));
      rest = rest.slice(end + 1);
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    }
  });
  const ask: Ask = async (message, timeoutMs) => {
    const id = next++;
    const answered = new Promise<Outcome>((resolve) => void waiting.set(id, resolve));
    socket.write(`${JSON.stringify({ id, timeoutMs, ...message })}\n`);
    const ended = new AbortController();
    const late = sleep(timeoutMs + 5000, null, { signal: ended.signal }).catch(() => null);
    const outcome = await Promise.race([answered, late]);
    ended.abort();
    if (outcome === null) throw new Error(`no answer to ${JSON.stringify(message).slice(0, 200)}`);
    return outcome;
  };
  return { ask, up, close: () => void socket.destroy() };
}

/** QEMU creates the socket a moment after it starts. */
async function connect(path: string): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    const socket = createConnection(path);
    const failure = await new Promise<unknown>((resolve) => {
      socket.once("connect", () => resolve(null));
      socket.once("error", resolve);
    });
    if (failure === null) return socket;
    socket.destroy();
    if (tries === 100) throw new Error(`${path} cannot be reached`, { cause: failure });
    await sleep(100);
  }
}
