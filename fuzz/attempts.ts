import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { randomFor } from "./random.ts";
import type { Attempt } from "./target.ts";

/** The most CPU time that an input may take, in milliseconds. */
const cpuMsMax = 2000;

/** The CPU time that any input may take, and what each of its bytes may add, in milliseconds. */
const baseMsUsual = 50;
const msPerByte = 0.05;

/** The result of a run: a topology, an error's code, or a fault of the reader. */
export interface Outcome {
  /** `topology`, `nothing`, the reader's own word, or an error's code. */
  readonly result: string;
  readonly cpuMs: number;
  /** What is wrong with the reader; null where nothing is. */
  readonly fault: string | null;
}

/** The run's input; the same seed and run always give the same. */
export function attemptAt(
  attempt: (random: ReturnType<typeof randomFor>) => Attempt,
  target: string,
  seed: number,
  run: number,
): Attempt {
  return attempt(randomFor(seed, target, run));
}

/**
 * Runs the reader. It must end in a topology without contradictions or in a coded error, within
 * two seconds of CPU time and within what the length of the input allows. An input that takes too
 * long is read again, because the first time may include the compiler's.
 */
export async function outcomeOf(attempt: Attempt): Promise<Outcome> {
  const first = await readOnce(attempt);
  if (first.fault !== null || first.cpuMs <= baseMsUsual || slow(first.cpuMs, attempt) === null) {
    return first;
  }
  const { result, cpuMs, fault } = await readOnce(attempt);
  return { result, cpuMs, fault: fault ?? slow(Math.min(cpuMs, first.cpuMs), attempt) };
}

async function readOnce({ read }: Attempt): Promise<Outcome> {
  const before = process.threadCpuUsage();
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
  try {
    const found = await read();
    const spent = cpuMs();
    if (found === null || typeof found === "string") {
      return { result: found ?? "nothing", cpuMs: spent, fault: null };
    }
    const [wrong] = contradictions(found);
    const fault =
      wrong === undefined ? null : `contradicts itself: ${wrong.path}: ${wrong.message}`;
    return { result: "topology", cpuMs: spent, fault };
  } catch (error) {
    const spent = cpuMs();
    if (error instanceof EvenkeelError) return { result: error.code, cpuMs: spent, fault: null };
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { result: "crash", cpuMs: spent, fault: text };
  }
}

/** What is wrong where an input took longer than its length allows; null where nothing is. */
function slow(cpuMs: number, { input, baseMs = baseMsUsual }: Attempt): string | null {
  const bytes = Buffer.byteLength(input());
  const allowed = Math.min(cpuMsMax, baseMs + bytes * msPerByte);
  return cpuMs > allowed ? `took ${Math.round(cpuMs)} ms of CPU time for ${bytes} bytes` : null;
}
