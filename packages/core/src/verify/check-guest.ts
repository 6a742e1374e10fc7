import type { GuestReport } from "../evidence/guest-report.ts";
import type { GuestContract } from "../guest/contract/contract.ts";
import { together } from "./verdict/check.ts";
import { guestView } from "./finding/guest-view.ts";
import type { Verdict } from "./verdict/verdict.ts";
import { judged } from "./verdict/judged.ts";

/**
 * The verdict of a guest about itself: what it sees against its contract, and nothing about its
 * host.
 */
export function checkGuest(contract: GuestContract, report: GuestReport, takenAt: string): Verdict {
  const { vm, host } = contract;
  return judged({ vm, host, takenAt, scope: "guest" }, together([guestView(contract, report)]));
}
