import { readDocument } from "@evenkeel/contract/read-document.ts";

/** A document that the product writes but cannot read is a fault, not a refusal. */
export function mustBeDocument(value: unknown, kind: "Evidence" | "Verdict" | "GuestReport"): void {
  try {
    readDocument(JSON.stringify(value), "written.json", kind);
  } catch (cause) {
    throw new Error(`wrote a ${kind} that it does not read: ${String(cause)}`, { cause });
  }
}
