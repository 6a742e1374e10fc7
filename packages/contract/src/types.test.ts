import type { Binding } from "@evenkeel/core/binding/binding.ts";
import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type { Diagnosis } from "@evenkeel/core/explain/diagnosis.ts";
import type { Explanation } from "@evenkeel/core/explain/explanation.ts";
import type { Capacity } from "@evenkeel/core/fleet/capacity-document.ts";
import type { Forecast } from "@evenkeel/core/forecast/forecast-document.ts";
import type { GuestContract } from "@evenkeel/core/guest/contract/contract.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import type { Flavor, VirtualMachine } from "@evenkeel/core/request/virtual-machine.ts";
import type { WorkloadProfile } from "@evenkeel/core/request/workload-profile.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { expectTypeOf, test } from "vitest";
import type { z } from "zod";
import type { bindingSchema } from "./binding.ts";
import type { calibrationSchema } from "./calibration.ts";
import type { capacitySchema } from "./capacity.ts";
import type { evidenceSchema } from "./evidence.ts";
import type { diagnosisSchema, explanationSchema } from "./explanation.ts";
import type { flavorSchema } from "./flavor.ts";
import type { forecastSchema } from "./forecast.ts";
import type { guestContractSchema } from "./guest-contract.ts";
import type { guestReportSchema } from "./guest-report.ts";
import type { instanceSchema } from "./instance.ts";
import type { planSchema } from "./plan.ts";
import type { refusalSchema } from "./refusal.ts";
import type { topologySchema } from "./topology.ts";
import type { verdictSchema } from "./verdict.ts";
import type { virtualMachineSchema } from "./virtual-machine.ts";
import type { workloadProfileSchema } from "./workload-profile.ts";

/** An intersection as one object type. */
type Flat<T> = { [Field in keyof T]: T[Field] };
type FlatSpec<T extends { readonly spec: object }> = Omit<T, "spec"> & Flat<T["spec"]>;

/** The compiler checks these types; running the test only lists it. */
test("the output type of every schema is exactly the core's type", () => {
  expectTypeOf<z.output<typeof topologySchema>>().toEqualTypeOf<Topology>();
  expectTypeOf<FlatSpec<z.output<typeof virtualMachineSchema>>>().toEqualTypeOf<
    FlatSpec<VirtualMachine>
  >();
  expectTypeOf<z.output<typeof flavorSchema>>().toEqualTypeOf<Flavor>();
  expectTypeOf<z.output<typeof workloadProfileSchema>>().toEqualTypeOf<WorkloadProfile>();
  expectTypeOf<z.output<typeof instanceSchema>>().toEqualTypeOf<Instance>();
  expectTypeOf<z.output<typeof planSchema>>().toEqualTypeOf<Plan>();
  expectTypeOf<z.output<typeof forecastSchema>>().toEqualTypeOf<Forecast>();
  expectTypeOf<z.output<typeof refusalSchema>>().toEqualTypeOf<Refusal>();
  expectTypeOf<z.output<typeof capacitySchema>>().toEqualTypeOf<Capacity>();
  expectTypeOf<z.output<typeof guestContractSchema>>().toEqualTypeOf<GuestContract>();
  expectTypeOf<z.output<typeof evidenceSchema>>().toEqualTypeOf<Evidence>();
  expectTypeOf<z.output<typeof guestReportSchema>>().toEqualTypeOf<GuestReport>();
  expectTypeOf<z.output<typeof verdictSchema>>().toEqualTypeOf<Verdict>();
  expectTypeOf<z.output<typeof explanationSchema>>().toEqualTypeOf<Explanation>();
  expectTypeOf<z.output<typeof diagnosisSchema>>().toEqualTypeOf<Diagnosis>();
  expectTypeOf<z.output<typeof bindingSchema>>().toEqualTypeOf<Binding>();
  expectTypeOf<z.output<typeof calibrationSchema>>().toEqualTypeOf<Calibration>();
});
