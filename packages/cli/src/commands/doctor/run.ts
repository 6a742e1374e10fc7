import { hostname } from "node:os";
import { examine } from "@evenkeel/core/explain/examine.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { readMachineSubjects, readSubjects } from "../../input/read-subject.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { diagnosisText } from "../../text/diagnosis-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { fixNamed, refuseFix, undoLast } from "./fix.ts";
import type { DoctorFlags } from "./flags.ts";

export async function runDoctor(
  this: CliContext,
  flags: DoctorFlags,
  ...words: string[]
): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const { state, output, fix, undo } = flags;
  refuseTwoStdins(words);
  refuseFix(flags, words);
  if (undo) return undoLast(flags, this);
  const evidence =
    words.length === 0
      ? await readMachineSubjects({ state }, surroundings)
      : await readSubjects(words, { state }, surroundings);
  const diagnosis = examine(evidence[0]?.host ?? hostname(), evidence);
  const text = output === "json" ? jsonText(diagnosis) : diagnosisText(diagnosis, { width, paint });
  surroundings.stdout.write(text);
  if (diagnosis.subjects.some(({ faults }) => faults.length > 0)) this.finish(exitStatus.no);
  if (fix) await fixNamed(diagnosis, evidence, flags, this);
}
