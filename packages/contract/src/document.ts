import type { Binding } from "@evenkeel/core/binding/binding.ts";
import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { Diagnosis } from "@evenkeel/core/explain/diagnosis.ts";
import type { Explanation } from "@evenkeel/core/explain/explanation.ts";
import type { Capacity } from "@evenkeel/core/fleet/capacity-document.ts";
import type { Forecast } from "@evenkeel/core/forecast/forecast-document.ts";
import type { GuestContract } from "@evenkeel/core/guest/contract/contract.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import type { Flavor, VirtualMachine } from "@evenkeel/core/request/virtual-machine.ts";
import type { WorkloadProfile } from "@evenkeel/core/request/workload-profile.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import type { z } from "zod";
import { bindingSchema } from "./binding.ts";
import { calibrationSchema } from "./calibration.ts";
import { capacitySchema } from "./capacity.ts";
import { evidenceSchema } from "./evidence.ts";
import { diagnosisSchema, explanationSchema } from "./explanation.ts";
import { flavorSchema } from "./flavor.ts";
import { type FleetDocument, fleetSchema } from "./fleet.ts";
import { forecastSchema } from "./forecast.ts";
import { guestContractSchema } from "./guest-contract.ts";
import { guestReportSchema } from "./guest-report.ts";
import { type HostPolicyDocument, hostPolicySchema } from "./host-policy.ts";
import { planSchema } from "./plan.ts";
import { refusalSchema } from "./refusal.ts";
import { topologySchema } from "./topology.ts";
import { verdictSchema } from "./verdict.ts";
import { virtualMachineSchema } from "./virtual-machine.ts";
import { workloadProfileSchema } from "./workload-profile.ts";

/** Every document that a file may contain. */
export type Document =
  | Topology
  | VirtualMachine
  | Flavor
  | WorkloadProfile
  | HostPolicyDocument
  | FleetDocument
  | Plan
  | Forecast
  | Refusal
  | Capacity
  | GuestContract
  | Evidence
  | GuestReport
  | Verdict
  | Explanation
  | Diagnosis
  | Binding
  | Calibration;

/** The name of a kind of document. */
export type DocumentKind = Document["kind"];

/** The documents of one kind. */
export type DocumentOf<Kind extends DocumentKind> = Extract<Document, { readonly kind: Kind }>;

/** The schema of each kind, as zod has them. */
export const documentSchemas: { readonly [Kind in DocumentKind]: z.ZodType<DocumentOf<Kind>> } = {
  Topology: topologySchema,
  VirtualMachine: virtualMachineSchema,
  Flavor: flavorSchema,
  WorkloadProfile: workloadProfileSchema,
  HostPolicy: hostPolicySchema,
  Fleet: fleetSchema,
  Plan: planSchema,
  Forecast: forecastSchema,
  Refusal: refusalSchema,
  Capacity: capacitySchema,
  GuestContract: guestContractSchema,
  Evidence: evidenceSchema,
  GuestReport: guestReportSchema,
  Verdict: verdictSchema,
  Explanation: explanationSchema,
  Diagnosis: diagnosisSchema,
  Binding: bindingSchema,
  Calibration: calibrationSchema,
};

/** The names of all kinds. */
export const documentKinds: readonly string[] = Object.keys(documentSchemas);

/** Whether a text is the name of a kind. */
export function isDocumentKind(kind: string): kind is DocumentKind {
  return Object.hasOwn(documentSchemas, kind);
}
