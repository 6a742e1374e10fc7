import { usesOf } from "@evenkeel/contract/document-uses.ts";
import { heldText, isOfKind, readPlacedDocuments } from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { WorkloadProfile } from "@evenkeel/core/request/workload-profile.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { readText } from "./read-text.ts";

/**
 * The WorkloadProfiles in files that hold nothing else. Errors: those of the files, and `usage` for
 * two of one name.
 */
export async function readProfiles(
  paths: readonly string[],
  surroundings: Surroundings,
): Promise<readonly WorkloadProfile[]> {
  const profiles = new Map<string, WorkloadProfile>();
  for (const path of paths) {
    const { text, where } = await readText(path, "a file with WorkloadProfiles", surroundings);
    const documents = readPlacedDocuments(text, where).map(({ document }) => document);
    const found = documents.filter((document) => isOfKind(document, "WorkloadProfile"));
    if (found.length < documents.length) {
      throw new EvenkeelError("document-invalid", heldText(documents), {
        where,
        expected: "WorkloadProfiles and nothing else",
        remedy: usesOf(
          documents.filter(({ kind }) => kind !== "WorkloadProfile").slice(0, 1),
          where,
        ),
      });
    }
    for (const profile of found) {
      const { name } = profile.metadata;
      if (profiles.has(name)) {
        throw new EvenkeelError("usage", `the profile ${JSON.stringify(name)} is given twice`, {
          where,
          expected: "every profile once",
          remedy: "leave out one of the two, or rename it",
        });
      }
      profiles.set(name, profile);
    }
  }
  return [...profiles.values()];
}
