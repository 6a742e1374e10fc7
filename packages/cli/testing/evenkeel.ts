import { runCli } from "../src/run.ts";
import type { World } from "../src/command/surroundings.ts";

/** What a command line comes to: what it printed, and its exit status. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export interface Surroundings {
  readonly stdin?: string;
  readonly env?: World["env"];
  /** The width of the terminal that both streams are; without it they are pipes. */
  readonly terminal?: number;
  /** Ends commands that run until they are told to end; at once without it. */
  readonly interrupted?: AbortSignal;
}

/** Runs a command line, given as its arguments, in a process that the test makes up. */
export async function evenkeel(
  argv: readonly string[],
  { stdin = "", env = {}, terminal, interrupted = AbortSignal.abort() }: Surroundings = {},
): Promise<Outcome> {
  const printed = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr"): World["stdout"] => ({
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
    interrupted: () => interrupted,
  });
  return { ...printed, status };
}

/** An outcome as one text, for snapshots. */
export function outcomeText({ stdout, stderr, status }: Outcome): string {
  return `${stdout}${stderr === "" ? "" : `--- stderr\n${stderr}`}--- exit ${status}\n`;
}
