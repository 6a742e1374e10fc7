import type { Evidence, ShapeEvidence } from "../../evidence/evidence.ts";
import { type Outcome, together, untold, whyNot } from "../verdict/check.ts";
import type { Verified } from "../verdict/verdict.ts";

/**
 * Holds what every source tells of the VM's make-up against the plan. What QEMU was started with has
 * the say: it is in the process itself, whoever started it. Where another source alone says that
 * something is otherwise, the sources contradict each other, and that is a warning; where the command
 * line tells nothing of it, as of a device that was plugged in later, the next source has the say.
 *
 * @param field what the command line must have told for anything to be told.
 * @param look what one source tells: an outcome, or null where it tells nothing of it.
 */
export function overShapes(
  evidence: Evidence,
  what: string,
  field: "cells" | "devices" | "contract",
  look: (shape: ShapeEvidence) => Outcome | null,
): Outcome {
  // Others only add to what QEMU was started with: without it they could hide what it would have shown.
  if (!evidence.shapes.some((one) => one.source === "command-line" && one[field] !== null)) {
    return untold(what, whyNot(evidence, "command line"));
  }
  const told = order.flatMap((source) => {
    const outcomes = evidence.shapes.filter((shape) => shape.source === source).map(look);
    return outcomes.filter((outcome) => outcome !== null);
  });
  const [first, ...others] = told;
  if (first === undefined) return untold(what, whyNot(evidence, "command line"));
  if (first.findings.length > 0) return first;
  // The same sentence by another source adds nothing.
  const weaker = others.flatMap(({ findings }) =>
    findings.map((finding) => ({ ...finding, severity: "warning" as const })),
  );
  const verified: readonly Verified[] = weaker.length > 0 ? [] : first.verified;
  return { ...together([first]), findings: weaker, verified };
}

const order = ["command-line", "monitor", "libvirt"] as const;
