import { join } from "node:path";
import type { FixRecord } from "@evenkeel/core/fix/fix-record.ts";
import { type LiveStep, liveStep } from "@evenkeel/core/fix/live-step.ts";
import type { Command } from "@evenkeel/core/remedy/remedy.ts";
import { runProgram } from "../hypervisor/program.ts";
import { loadMovePages, type MovePages } from "../native/move-pages.ts";
import { makePrivateFolder, removeDurably, writeDurably } from "../state/durable.ts";
import type { Tree } from "../tree/tree.ts";
import { type HeldProcess, holdAll, holdRecorded } from "./held-process.ts";
import { moveProcessPages } from "./move-process-pages.ts";

/** What is to be changed, and what takes it back. Nothing brings pages back where they were. */
export interface Fix {
  readonly steps: readonly LiveStep[];
  readonly undo: readonly Command[];
}

/** How a step went. */
export interface StepOutcome {
  readonly run: Command;
  readonly ok: boolean;
  /** What it did, or why it did not. */
  readonly found: string;
}

/** Where fixes of this state folder are recorded until they are undone. */
export function fixFolder(stateFolder: string): string {
  return join(stateFolder, "fixes");
}

/**
 * Carries out steps on processes that are held. The record of how to undo them is on disk before
 * the first one. Each command is an argument list, and before each the process is still the one
 * that was looked at. A step that fails changes nothing about the others: each stands for itself.
 *
 * @returns what became of each step, and the record's file; null where there is nothing to undo.
 *
 * Errors: `state-unusable`, `state-untrusted`.
 */
export async function carryOut(
  tree: Tree,
  { steps, undo }: Fix,
  targets: readonly HeldProcess[],
  { stateFolder, takenAt }: { readonly stateFolder: string; readonly takenAt: string },
): Promise<{ readonly outcomes: readonly StepOutcome[]; readonly record: string | null }> {
  const record: FixRecord = {
    apiVersion: "evenkeel/v1",
    kind: "FixRecord",
    takenAt,
    targets: targets.map((held) => held.record),
    undo,
  };
  const file = undo.length === 0 ? null : join(fixFolder(stateFolder), nameOf(takenAt));
  if (file !== null) {
    await makePrivateFolder(stateFolder);
    await makePrivateFolder(fixFolder(stateFolder));
    await writeDurably(file, `${JSON.stringify(record, null, 2)}\n`);
  }
  const movePages = steps.some(({ kind }) => kind === "pages") ? await loadMovePages() : null;
  const outcomes: StepOutcome[] = [];
  for (const step of steps) outcomes.push(await done(tree, step, targets, movePages));
  return { outcomes, record: file };
}

/**
 * Takes back what a record says, from the last change to the first, and removes it. What has ended
 * needs nothing taken back. The record stays where a change could not be undone.
 *
 * Errors: `state-unusable`.
 */
export async function undoFix(
  tree: Tree,
  record: FixRecord,
  file: string,
): Promise<readonly StepOutcome[]> {
  using targets = holdAll(record.targets, (target) => holdRecorded(tree, target));
  const { held } = targets;
  const outcomes: StepOutcome[] = [];
  for (const run of record.undo.toReversed()) {
    const step = liveStep(run);
    if (step === null) continue;
    const hasEnded =
      held.length === 0 || (step.kind === "thread" && !held.some((one) => one.hasThread(step.tid)));
    outcomes.push(
      hasEnded ? { run, ok: true, found: "it has ended" } : await done(tree, step, held, null),
    );
  }
  if (outcomes.every(({ ok }) => ok)) await removeDurably(file);
  return outcomes;
}

async function done(
  tree: Tree,
  step: LiveStep,
  targets: readonly HeldProcess[],
  movePages: MovePages | null,
): Promise<StepOutcome> {
  const { run } = step;
  const failed = (found: string): StepOutcome => ({ run, ok: false, found });
  const there = targets.filter((held) => held.isThere());
  if (there.length < targets.length) return failed("the process has ended");
  if (step.kind === "thread" && !there.some((held) => held.hasThread(step.tid))) {
    return failed(`thread ${step.tid} has ended`);
  }
  if (step.kind === "pages") {
    const held = there.find(({ record }) => record.pid === step.pid);
    if (held === undefined) return failed(`process ${step.pid} is not the one that was named`);
    if (movePages !== null) {
      const { moved, stayed } = moveProcessPages(tree, held, step, movePages);
      const found = `${moved} pages moved, ${stayed} stayed`;
      return { run, ok: stayed === 0, found };
    }
  }
  const [program = "", ...args] = run;
  const { status, stderr } = await runProgram(program, args, { timeoutMs: 60_000 });
  return status === 0 ? { run, ok: true, found: "done" } : failed(stderr.trim() || "it failed");
}

/** `2026-01-31T12-00-00.000Z.json`: a colon would end the name of a host in many programs. */
function nameOf(takenAt: string): string {
  return `${takenAt.replaceAll(":", "-")}.json`;
}
