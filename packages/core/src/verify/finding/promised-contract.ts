import type { GuestReport } from "../../evidence/guest-report.ts";
import type { GuestContract } from "../../guest/contract/contract.ts";
import { contractOf } from "../../guest/contract/from-guest.ts";
import { guestFromPlan } from "../../guest/from-plan.ts";
import { pciForms } from "../../guest/ports.ts";
import { sha256 } from "../../hash/sha256.ts";
import type { Plan } from "../../plan/plan.ts";

/**
 * The contracts that a guest of this plan may have been handed: a plan leaves open in which form the
 * guest is shown the host's switches, and addresses depend on it.
 */
export function promisedContracts(plan: Plan): readonly GuestContract[] {
  return pciForms.map((pci) => contractOf(guestFromPlan(plan, { architecture: "x86_64", pci })));
}

/** The one that counts of them: that of which the guest has the most devices. */
export function likeliestContract(
  contracts: readonly GuestContract[],
  report: GuestReport,
): GuestContract {
  const seen = new Set((report.devices ?? []).map(({ address }) => address));
  const shown = ({ devices }: GuestContract): number =>
    devices.filter(({ address }) => seen.has(address)).length;
  return contracts.reduce((best, one) => (shown(one) > shown(best) ? one : best));
}

/**
 * The digests of what a guest finds where its contract is: of the text that renderings hand over, and
 * of the file that is printed.
 */
export function contractDigests(contracts: readonly GuestContract[]): ReadonlySet<string> {
  return new Set(
    contracts.flatMap((contract) =>
      [JSON.stringify(contract), `${JSON.stringify(contract, null, 2)}\n`].map(sha256),
    ),
  );
}
