import type { ShapePins } from "../../evidence/evidence.ts";
import type { Plan } from "../../plan/plan.ts";
import { equals } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { type Check, found, holds, together, unknownCost } from "../verdict/check.ts";
import { pinOf, pinRemedy } from "./pin-remedy.ts";
import { type PlannedThread, plannedThreads } from "./threads.ts";

/**
 * The CPUs that libvirt's definition pins threads to. Where a thread runs now is a finding of its
 * own; the definition comes into force the next time that libvirt pins threads, so it is a warning.
 */
export const pins: Check = (input) => {
  const { plan, evidence } = input;
  const shape = evidence.shapes.find((one) => one.source === "libvirt" && one.pins !== null);
  if (shape === undefined || shape.pins === null) return together([]);
  const other = differences(shape.pins, plan);
  if (other.length === 0) return holds("libvirt's pins", "as planned");
  return found({
    code: "pins-differ",
    severity: "warning",
    layer: "hypervisor",
    subject: "libvirt's definition",
    promised: other.map(({ promised }) => promised).join(", "),
    found: other.map(({ had }) => had).join(", "),
    evidence: [shape.where],
    cost: unknownCost,
    remedy: pinRemedy(input),
  });
};

interface Difference {
  readonly promised: string;
  readonly had: string;
}

function differences(told: ShapePins, plan: Plan): Difference[] {
  return plannedThreads(plan).flatMap((planned): Difference[] => {
    const had = pinOf(told, planned);
    if (had !== null && equals(setOf(had), setOf(planned.cpus))) return [];
    const what = nameOf(planned);
    return [
      {
        promised: `${what} on CPUs ${planned.cpus}`,
        had: had === null ? `${what} not pinned` : `${what} on CPUs ${had}`,
      },
    ];
  });
}

function nameOf(planned: PlannedThread): string {
  switch (planned.kind) {
    case "vcpu":
      return `vCPU ${planned.id}`;
    case "iothread":
      return `iothread ${planned.id}`;
    case "emulator":
      return "the emulator";
  }
}
