import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import { isShellReport, parseShellReport } from "@evenkeel/host/guest-check/parse-report.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { readText } from "./read-text.ts";

/** Reads a GuestReport document, or the output of the shell script. */
export async function readGuestReport(
  path: string,
  surroundings: Surroundings,
): Promise<GuestReport> {
  const { text, where } = await readText(path, "a guest's report", surroundings);
  return isShellReport(text)
    ? parseShellReport(text, where)
    : readDocument(text, where, "GuestReport");
}
