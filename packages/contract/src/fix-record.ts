import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { FixRecord } from "@evenkeel/core/fix/fix-record.ts";
import { liveStep } from "@evenkeel/core/fix/live-step.ts";
import { apiVersion, exactly, list, object, text } from "./fields.ts";
import { processRecordSchema } from "./instance.ts";
import { firstProblem, problemError } from "./problem.ts";
import { takenAt } from "./taken-at.ts";
import { parseJson } from "./text/json.ts";
import { placeIn } from "./text/parsed.ts";

const fixRecordSchema = object({
  apiVersion,
  kind: exactly("FixRecord"),
  takenAt,
  targets: list(processRecordSchema, 4096),
  undo: list(list(text(65_536), 64), 65_536),
});

/**
 * Reads a FixRecord. Its commands are run as root, so it may name nothing but what a fix changes: a
 * command that is no `liveStep` is refused.
 *
 * Errors: `json-malformed`, `document-invalid`.
 */
export function parseFixRecord(content: string, where: string): FixRecord {
  const { value, offsetOf } = parseJson(content, where);
  const result = fixRecordSchema.safeParse(value);
  if (!result.success) {
    const problem = firstProblem(result.error.issues, "FixRecord", value);
    throw problemError(problem, placeIn(where, content, offsetOf(problem.path)));
  }
  const strange = result.data.undo.find((command) => liveStep(command) === null);
  if (strange === undefined) return result.data;
  throw new EvenkeelError("document-invalid", `it would run ${JSON.stringify(strange[0])}`, {
    where,
    expected: "commands that set the CPUs of a thread or of an interrupt",
    remedy: "remove the file: nothing in it was made by doctor --fix",
  });
}
