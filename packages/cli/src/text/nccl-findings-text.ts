import { linesText } from "./terminal-text.ts";
import type { NcclFinding } from "@evenkeel/core/guest/nccl/lint/finding.ts";

/** The findings about a topology file: what was promised, what was found, and the remedy. */
export function ncclFindingsText(findings: readonly NcclFinding[], where: string): string {
  if (findings.length === 0) return linesText([`${where}: as the plan promises`]);
  return linesText(
    findings.flatMap(({ code, subject, promised, found, remedy }) => [
      `${code}: ${subject}`,
      `  promised: ${promised}`,
      `  found:    ${found}`,
      `  remedy:   ${remedy}`,
    ]),
  );
}
