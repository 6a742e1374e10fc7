import { type Check, found, holds, together, unknownCost } from "../verdict/check.ts";
import { overShapes } from "./shapes.ts";

/** Whether the guest is handed its contract. Without one nothing is misplaced, and nothing can be checked inside. */
export const contract: Check = ({ evidence }) => {
  const outcome = overShapes(
    evidence,
    "the guest's contract",
    "contract",
    ({ contract: given, where }) => {
      if (given === null) return null;
      if (given) return holds("the guest's contract", "given at opt/evenkeel/contract");
      return found({
        code: "contract-missing",
        severity: "warning",
        layer: "hypervisor",
        subject: "the guest's contract",
        promised: "given through fw_cfg at opt/evenkeel/contract",
        found: "not given",
        evidence: [where],
        cost: unknownCost,
        remedy: "stop the VM and start it again from its plan",
      });
    },
  );
  // Nothing worse than a warning could have come of it.
  const unverified = outcome.unverified.map((one) => ({ ...one, essential: false }));
  return together([{ ...outcome, unverified }]);
};
