import { hostname } from "node:os";
import { verifyBinding } from "@evenkeel/core/verify/verify-binding.ts";
import { watchCommand } from "@evenkeel/host/exec/watch/watch-command.ts";
import { writeWholeFile } from "@evenkeel/host/file/write-file.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import type { CliContext } from "../../command/context.ts";
import { jsonText } from "../../text/json-text.ts";
import { verdictText } from "../../text/verdict-text.ts";

/** The flags of what looks at a command later. */
export interface ExecWatchFlags {
  readonly verdict?: string;
}

/**
 * Waits, and says what became of a command's binding. All is said at once and without a stream of
 * Node, which would change how the command has its standard error open: errors too.
 */
export async function runExecWatch(
  this: CliContext,
  { verdict: file }: ExecWatchFlags,
  pid: number,
  startTicks: number,
  afterMs: number,
): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const { clock, sayNow } = surroundings;
  try {
    const watched = { pid, startTicks, afterMs, host: hostname() };
    const verdict = verifyBinding(await watchCommand(liveTree(), watched, clock));
    sayNow(`evenkeel: ${verdictText(verdict, { width, paint })}`);
    if (file !== undefined) await writeWholeFile(file, Buffer.from(jsonText(verdict)));
  } catch (error) {
    sayNow(`evenkeel: not verified: ${error instanceof Error ? error.message : "it failed"}\n`);
  }
}
