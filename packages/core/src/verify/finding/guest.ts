import {
  found,
  holds,
  type Outcome,
  type Sides,
  together,
  unknownCost,
  untold,
  whyNot,
} from "../check.ts";
import { promisedContract } from "../promised-contract.ts";
import { guestView } from "./guest-view.ts";

/** What the guest reports, in a verdict that is about the guest too. */
export function guest({ plan, evidence }: Sides): Outcome {
  const report = evidence.guest;
  if (report === null) return untold("what the guest sees", whyNot(evidence, "guest report"));
  return together([
    guestView(promisedContract(plan, report), report),
    report.contract === null
      ? found({
          code: "contract-missing",
          severity: "error",
          layer: "guest",
          subject: "the guest's contract",
          promised: "found at opt/evenkeel/contract of fw_cfg",
          found: "the guest found none",
          evidence: [report.where],
          cost: unknownCost,
          remedy:
            "modprobe qemu_fw_cfg in the guest; without CONFIG_FW_CFG_SYSFS hand it over as a file",
        })
      : holds("the contract in the guest", report.contract.where),
  ]);
}
