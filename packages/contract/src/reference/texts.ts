import type { DocumentKind, DocumentOf } from "../document.ts";
import { type AnyObjectText, isObjectText, type ObjectText } from "./text/object-text.ts";
import { bindingText } from "./text/binding.ts";
import { calibrationText } from "./text/calibration.ts";
import { capacityText } from "./text/capacity.ts";
import { evidenceText } from "./text/evidence.ts";
import { diagnosisText, explanationText } from "./text/explanation.ts";
import { fleetText } from "./text/fleet.ts";
import { forecastText } from "./text/forecast.ts";
import { guestContractText } from "./text/guest-contract.ts";
import { guestReportText } from "./text/guest-report.ts";
import { hostPolicyText } from "./text/host-policy.ts";
import { planText } from "./text/plan.ts";
import { refusalText } from "./text/refusal.ts";
import { topologyText } from "./text/topology.ts";
import { verdictText } from "./text/verdict.ts";
import { flavorText, virtualMachineText } from "./text/virtual-machine.ts";
import { workloadProfileText } from "./text/workload-profile.ts";

/** What the reference says of each kind, in the order in which people meet them. */
const texts: { readonly [Kind in DocumentKind]: ObjectText<DocumentOf<Kind>> } = {
  VirtualMachine: virtualMachineText,
  Flavor: flavorText,
  WorkloadProfile: workloadProfileText,
  HostPolicy: hostPolicyText,
  Fleet: fleetText,
  Topology: topologyText,
  Plan: planText,
  Forecast: forecastText,
  Refusal: refusalText,
  Capacity: capacityText,
  Verdict: verdictText,
  Explanation: explanationText,
  Diagnosis: diagnosisText,
  Binding: bindingText,
  Calibration: calibrationText,
  Evidence: evidenceText,
  GuestReport: guestReportText,
  GuestContract: guestContractText,
};

/** The same, as programs read them. */
export const documentTexts: Readonly<Record<DocumentKind, AnyObjectText>> = texts;

/** What each object of a document is, by its title. */
export function aboutsIn(text: AnyObjectText): ReadonlyMap<string, string> {
  const abouts = new Map<string, string>();
  const visit = ({ title, about, fields }: AnyObjectText): void => {
    if (abouts.has(title)) return;
    abouts.set(title, about);
    for (const [, value] of Object.values(fields)) if (isObjectText(value)) visit(value);
  };
  visit(text);
  return abouts;
}

/** The first sentence of a text. */
export function firstSentence(text: string): string {
  return text.split(/(?<=\.) /)[0] ?? text;
}
