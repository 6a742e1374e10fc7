import type { GuestContract } from "@evenkeel/core/guest/contract/contract.ts";
import { contractFile } from "@evenkeel/host/guest-check/contract-file.ts";
import type { Tree } from "@evenkeel/host/tree/tree.ts";

/**
 * The contract of the guest that this runs in; null on any other machine, and where it may not be
 * read. Loads the schemas only where there is one. Errors: those of documents.
 */
export async function readContractHere(tree: Tree): Promise<GuestContract | null> {
  const text = tree.readText(contractFile);
  if (text === null) return null;
  const { readDocument } = await import("@evenkeel/contract/read-document.ts");
  return readDocument(text, contractFile, "GuestContract");
}
