import { calibrationContradictions } from "@evenkeel/core/calibration/contradictions.ts";
import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * Returns the calibration if it does not contradict itself. Every one that is read is checked,
 * because somebody may have edited it. Errors: `document-invalid`.
 */
export function checkedCalibration(calibration: Calibration, where: string): Calibration {
  const [first, ...others] = calibrationContradictions(calibration);
  if (first === undefined) return calibration;
  const more = others.length > 0 ? ` (and ${others.length} more like it)` : "";
  throw new EvenkeelError("document-invalid", `${first.path}: ${first.message}${more}`, {
    where,
    expected: "a calibration whose parts agree with one another",
    remedy: "measure again, or read the tool's output again, instead of editing the calibration",
  });
}
