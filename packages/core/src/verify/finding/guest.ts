import type { GuestReport } from "../../evidence/guest-report.ts";
import { advice } from "../../remedy/remedy.ts";
import type { GuestContract } from "../../guest/contract/contract.ts";
import {
  found,
  holds,
  type Outcome,
  type CheckInput,
  together,
  unknownCost,
  minorUnverified,
  essentialUnverified,
  whyNot,
} from "../verdict/check.ts";
import { contractDigests, likeliestContract, promisedContracts } from "./promised-contract.ts";
import { guestView } from "./guest-view.ts";

/** What the guest reports, in a verdict that is about the guest too. */
export function guest({ plan, evidence }: CheckInput): Outcome {
  const report = evidence.guest;
  if (report === null)
    return essentialUnverified("what the guest sees", whyNot(evidence, "guest report"));
  const contracts = promisedContracts(plan);
  return together([
    guestView(likeliestContract(contracts, report), report),
    contractFound(contracts, report),
  ]);
}

/** A contract that another release wrote may differ in its text: that breaks no promise. */
function contractFound(
  contracts: readonly GuestContract[],
  { contract, where }: GuestReport,
): Outcome {
  const finding = { layer: "guest", subject: "the guest's contract", cost: unknownCost } as const;
  if (contract === null) {
    return found({
      ...finding,
      code: "contract-missing",
      severity: "error",
      promised: "found at opt/evenkeel/contract of fw_cfg",
      found: "the guest found none",
      evidence: [where],
      remedy: advice(
        "live",
        "Load the module qemu_fw_cfg in the guest; if its kernel has none, give the contract as a file.",
      ),
    });
  }
  const { sha256 } = contract;
  if (sha256 === null) {
    return together([
      holds("the contract in the guest", contract.where),
      minorUnverified("that it is this plan's", "no program in the guest could compute its digest"),
    ]);
  }
  const digests = contractDigests(contracts);
  if (digests.has(sha256)) return holds("the contract in the guest", `${contract.where}, as made`);
  return found({
    ...finding,
    code: "contract-other",
    severity: "info",
    promised: `sha256 ${[...digests].join(" or ")}`,
    found: `sha256 ${sha256}`,
    evidence: [where, contract.where],
    remedy: advice(
      "restart",
      "Compare it with evenkeel render PLAN --as contract: it is another plan's, or was rendered by or for another release.",
    ),
  });
}
