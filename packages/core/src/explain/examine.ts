import type { Evidence } from "../evidence/evidence.ts";
import { checkResults } from "./checks.ts";
import { diagnose, faultOf } from "./diagnose.ts";
import type { Diagnosed, Diagnosis } from "./diagnosis.ts";
import { subjectOf } from "./subject/subject.ts";

/**
 * Asks every cause about each subject of one machine. What the machine itself has is told of the
 * machine alone, not again of everything that runs on it.
 *
 * @param evidence all of one machine, and the machine's own first where it is asked about.
 */
export function examine(host: string, evidence: readonly Evidence[]): Diagnosis {
  const all = evidence.map(diagnosed);
  const machine = all.find(({ of }) => of === "machine");
  const ofMachine = new Set((machine?.faults ?? []).map(({ code, found }) => `${code} ${found}`));
  const subjects = all.map((one) => {
    if (one === machine) return one;
    const faults = one.faults.filter(({ code, found }) => !ofMachine.has(`${code} ${found}`));
    return { ...one, faults };
  });
  return { apiVersion: "evenkeel/v1", kind: "Diagnosis", host, subjects };
}

function diagnosed(evidence: Evidence): Diagnosed {
  const { name, of, takenAt } = evidence;
  const subject = subjectOf(evidence);
  const { found, checked, unchecked } = diagnose(subject, null);
  const judged = { faults: found.map(faultOf), checked, unchecked };
  return { name, of, takenAt, ...judged, checks: of === "vm" ? checkResults(subject, judged) : [] };
}
