import type { Evidence, ShapeEvidence } from "../../evidence/evidence.ts";
import { type Outcome, together, essentialUnverified, whyNot } from "../verdict/check.ts";
import type { Verified } from "../verdict/verdict.ts";

/**
 * Compares each source's view of the VM with the plan. QEMU's command line decides: it is in the
 * process itself, whoever started it. A difference that another source alone reports is a warning,
 * since the sources contradict each other. Where the command line is silent, as about a device that
 * was plugged in later, the next source decides.
 *
 * @param field what the command line must have for anything to be judged.
 * @param look what one source says: an outcome, or null where it is silent.
 */
export function overShapes(
  evidence: Evidence,
  what: string,
  field: "cells" | "devices" | "contract",
  look: (shape: ShapeEvidence) => Outcome | null,
): Outcome {
  // Without the command line, the others could hide what it would have shown.
  if (!evidence.shapes.some((one) => one.source === "command-line" && one[field] !== null)) {
    return essentialUnverified(what, whyNot(evidence, "command line"));
  }
  const outcomes = order.flatMap((source) => {
    const ofSource = evidence.shapes.filter((shape) => shape.source === source).map(look);
    return ofSource.filter((outcome) => outcome !== null);
  });
  const [first, ...others] = outcomes;
  if (first === undefined) return essentialUnverified(what, whyNot(evidence, "command line"));
  if (first.findings.length > 0) return first;
  // A second source that confirms adds nothing.
  const weaker = others.flatMap(({ findings }) =>
    findings.map((finding) => ({ ...finding, severity: "warning" as const })),
  );
  const verified: readonly Verified[] = weaker.length > 0 ? [] : first.verified;
  return { ...together([first]), findings: weaker, verified };
}

const order = ["command-line", "monitor", "libvirt"] as const;
