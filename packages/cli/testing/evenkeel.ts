import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { runCli } from "../src/run.ts";
import type { Surroundings } from "../src/command/surroundings.ts";

/** What a command line printed, and its exit status. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** What a test makes up of the process that a command line runs in. */
export interface MadeUp {
  readonly stdin?: string;
  readonly env?: Surroundings["env"];
  /** The width of the terminal that both streams go to. Without it they are pipes. */
  readonly terminal?: number;
  /** Interrupts the command. Without it, it is interrupted from the start. */
  readonly interrupted?: AbortSignal;
}

/** Runs a command line in a process that the test makes up. */
export async function evenkeel(
  argv: readonly string[],
  { stdin = "", env = {}, terminal, interrupted = AbortSignal.abort() }: MadeUp = {},
): Promise<Outcome> {
  const printed = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr"): Surroundings["stdout"] => ({
    write: (text) => {
      printed[name] += text;
    },
    isTTY: terminal !== undefined,
    columns: terminal ?? null,
  });
  const bytes = new TextEncoder().encode(stdin);
  const status = await runCli(argv, {
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    readStdin: async (maxBytes) => (bytes.length > maxBytes ? null : bytes),
    env,
    version: "0.0.0-test",
    clock: systemClock,
    sayNow: (text) => {
      printed.stderr += text;
    },
    isOwnProcess: false,
    interrupted: () => interrupted,
  });
  return { ...printed, status };
}

/** An outcome as one text, for snapshots. */
export function outcomeText({ stdout, stderr, status }: Outcome): string {
  return `${stdout}${stderr === "" ? "" : `--- stderr\n${stderr}`}--- exit ${status}\n`;
}
