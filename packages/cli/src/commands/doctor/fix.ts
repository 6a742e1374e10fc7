import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseFixRecord } from "@evenkeel/contract/fix-record.ts";
import { JSON_LENGTH_MAX } from "@evenkeel/contract/limits.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Diagnosis } from "@evenkeel/core/explain/diagnosis.ts";
import { fixOf } from "@evenkeel/core/fix/fix-of.ts";
import { carryOut, fixFolder, type StepOutcome, undoFix } from "@evenkeel/host/fix/carry-out.ts";
import { readFileText } from "@evenkeel/host/file/read-file.ts";
import { type HeldProcess, holdAll, holdProcess } from "@evenkeel/host/fix/held-process.ts";
import { isTrustedFolder } from "@evenkeel/host/state/durable.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { isRecord } from "../../input/read-subject.ts";
import { stateFolderOf } from "../../flags/state.ts";
import { fixText, outcomesText } from "../../text/fix-text.ts";
import type { DoctorFlags } from "./flags.ts";

/** Refuses flags that name nothing to change: what is changed has to be named, and to run here. */
export function refuseFix({ fix, undo, yes, output }: DoctorFlags, words: readonly string[]): void {
  const refused = (message: string, expected: string): EvenkeelError =>
    new EvenkeelError("usage", message, { expected, remedy: "evenkeel doctor --fix llm-a --yes" });
  if (fix && undo) throw refused("--fix and --undo contradict each other", "one of the two");
  if (yes && !fix && !undo) throw refused("--yes alone does nothing", "--fix or --undo with it");
  if ((fix || undo) && output === "json") {
    throw refused("a fix is told in words only", "--output text");
  }
  if (fix && (words.length === 0 || words.some(isRecord))) {
    throw refused("--fix needs names", "the VMs or processes of this machine to change");
  }
}

/** Says what can be mended of the named subjects while they run, and with --yes mends it. */
export async function fixNamed(
  diagnosis: Diagnosis,
  evidence: readonly Evidence[],
  { state, yes }: DoctorFlags,
  context: CliContext,
): Promise<void> {
  const { surroundings, columns: width, paint } = context;
  const view = { width, paint };
  const { steps, undo, left } = fixOf(diagnosis.subjects.flatMap(({ faults }) => faults));
  surroundings.stdout.write(fixText({ steps, left, isDone: yes }, view));
  if (!yes || steps.length === 0) return;
  const tree = liveTree();
  using targets = holdAll(evidence, ({ process: found }) =>
    found === null ? null : holdProcess(tree, found),
  );
  for (const one of targets.held) refuseOthers(one);
  const { outcomes, record } = await carryOut(tree, { steps, undo }, targets.held, {
    stateFolder: stateFolderOf(state, surroundings),
    takenAt: surroundings.clock.now().toISOString(),
  });
  surroundings.stdout.write(outcomesText(outcomes, record, view));
  context.finish(statusOf(outcomes));
}

/** Takes back the last fix that is recorded in the state folder. */
export async function undoLast({ state, yes }: DoctorFlags, context: CliContext): Promise<void> {
  const { surroundings, columns: width, paint } = context;
  const folder = fixFolder(stateFolderOf(state, surroundings));
  const files = isTrustedFolder(folder) ? readdirSync(folder) : [];
  // A write that was cut off leaves a file whose name begins with a dot.
  const last = files
    .filter((name) => !name.startsWith("."))
    .toSorted()
    .at(-1);
  if (last === undefined) {
    surroundings.stdout.write("There is no fix to take back.\n");
    return;
  }
  const path = join(folder, last);
  const text = readFileText(path, { maxBytes: JSON_LENGTH_MAX, expected: "a FixRecord document" });
  const record = parseFixRecord(text, path);
  if (!yes) {
    const steps = record.undo.toReversed();
    surroundings.stdout.write(
      fixText({ steps: steps.map((run) => ({ run })), left: [], isDone: false }, { width, paint }),
    );
    return;
  }
  const outcomes = await undoFix(liveTree(), record, path);
  surroundings.stdout.write(outcomesText(outcomes, null, { width, paint }));
  context.finish(statusOf(outcomes));
}

/** Another user's process is changed by root alone. */
function refuseOthers({ record: { pid, uid } }: HeldProcess): void {
  const self = process.geteuid?.();
  if (self === 0 || self === uid) return;
  throw new EvenkeelError("usage", `process ${pid} belongs to another user`, {
    expected: "a process of your own",
    remedy: "run it as root, with the number of the process",
  });
}

const statusOf = (outcomes: readonly StepOutcome[]) =>
  outcomes.every(({ ok }) => ok) ? exitStatus.done : exitStatus.no;
