import { shellWord } from "@evenkeel/core/text/shell.ts";
import type { DocumentKind } from "./document.ts";

/** Where a document of each kind belongs on the command line; `FILE` is its own name. */
const uses: Readonly<Record<DocumentKind, string>> = {
  Topology: "a Topology is a machine: give it with --on, or draw it with evenkeel topology FILE",
  VirtualMachine: "a VirtualMachine is placed: evenkeel place FILE --on live",
  Flavor: "Flavors are given with --flavor FILE; a VM names one in spec.flavor",
  WorkloadProfile: "a WorkloadProfile is given with --profile FILE; a VM names it in spec.workload",
  HostPolicy: "a HostPolicy is given with --policy FILE",
  Fleet: "a Fleet is given with --fleet FILE to place, capacity and topology",
  Plan: "a Plan is given with --taken or --plan, and rendered: evenkeel render FILE --as libvirt",
  Forecast: "a Forecast is an answer of evenkeel place --forecast: no command reads it",
  Refusal: "a Refusal is an answer of evenkeel place: no command reads it",
  Capacity: "a Capacity is an answer of evenkeel capacity: no command reads it",
  GuestContract: "a GuestContract is read by evenkeel guest check --contract FILE",
  Evidence: "an Evidence is read by evenkeel doctor FILE, why A B, and verify --evidence FILE",
  GuestReport: "a GuestReport is read by evenkeel verify VM --guest-report FILE",
  Verdict: "a Verdict is an answer of evenkeel verify: no command reads it",
  Explanation: "an Explanation is an answer of evenkeel why: no command reads it",
  Diagnosis: "a Diagnosis is an answer of evenkeel doctor: no command reads it",
  Binding: "a Binding is an answer of evenkeel exec --dry-run: no command reads it",
  Calibration:
    "a Calibration is read by evenkeel measure --read FILE, and by place --calibration FILE",
};

/** What to do with documents that are not of the kind that was expected, in the file `where`. */
export function usesOf(
  documents: readonly { readonly kind: DocumentKind }[],
  where: string,
): string {
  const [first] = documents;
  if (first === undefined) return "name another file";
  const isMany = documents.length > 1 && documents.every(({ kind }) => kind === first.kind);
  return isMany && first.kind !== "Flavor"
    ? "write each to a file of its own, and name one"
    : uses[first.kind].replaceAll("FILE", fileName(where));
}

/** The file of an error's place as a shell takes it: `b.json` of `b.json, which hosts.yaml:3`. */
function fileName(where: string): string {
  const [name = ""] = where.split(", which ");
  return /^standard input\b/.test(name) ? "-" : shellWord(name);
}
