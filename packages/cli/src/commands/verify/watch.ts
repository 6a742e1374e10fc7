import { setTimeout as sleep } from "node:timers/promises";
import { verdictChanges } from "@evenkeel/core/verify/verdict/changes.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import type { CliContext } from "../../context.ts";
import { changeText } from "../../text/verdict-text.ts";
import type { VerifyFlags } from "./command.ts";

/**
 * Judges again and again and tells what changes, a line a change, until it is interrupted; gives the
 * last verdict. What is so at the beginning is told as changes from nothing.
 */
export async function watch(
  judge: () => Promise<Verdict>,
  { interval, output }: Pick<VerifyFlags, "interval" | "output">,
  { world, columns: width, paint }: CliContext,
): Promise<Verdict> {
  const signal = world.interrupted();
  let before: Verdict | null = null;
  for (;;) {
    const verdict = await judge();
    for (const change of verdictChanges(before, verdict)) {
      const line =
        output === "json" ? `${JSON.stringify(change)}\n` : changeText(change, { width, paint });
      world.stdout.write(line);
    }
    before = verdict;
    try {
      await sleep(interval * 1000, undefined, { signal });
    } catch {
      return verdict;
    }
  }
}
