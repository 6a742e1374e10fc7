import type { NcclFinding } from "@evenkeel/core/guest/nccl/lint/finding.ts";
import { visible } from "./visible.ts";

/** The findings about a topology file: what was promised, what was found, and the remedy. */
export function ncclFindingsText(findings: readonly NcclFinding[], where: string): string {
  if (findings.length === 0) return `${visible(where)}: as the plan promises\n`;
  return findings
    .map(({ code, subject, promised, found, remedy }) =>
      [
        `${code}: ${visible(subject)}`,
        `  promised: ${visible(promised)}`,
        `  found:    ${visible(found)}`,
        `  remedy:   ${visible(remedy)}`,
        "",
      ].join("\n"),
    )
    .join("");
}
