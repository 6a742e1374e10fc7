import { restartFromPlan } from "../../remedy/remedy.ts";
import { type Check, found, holds, together, unknownCost } from "../verdict/check.ts";
import { overShapes } from "./shapes.ts";

/** Whether the guest is given its contract: without it, nothing can be checked from inside. */
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
        remedy: restartFromPlan,
      });
    },
  );
  // A missing contract is a warning at most.
  const unverified = outcome.unverified.map((one) => ({ ...one, essential: false }));
  return together([{ ...outcome, unverified }]);
};
