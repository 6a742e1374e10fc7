import type { NcclFinding } from "@evenkeel/core/guest/nccl/lint/finding.ts";
import { visible } from "./visible.ts";

/** What is wrong with a topology file, each with what was promised and what would make it right. */
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
