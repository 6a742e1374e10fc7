import type { GuestReport } from "../../evidence/guest-report.ts";
import type { GuestContract } from "../../guest/contract/contract.ts";
import { contractOf } from "../../guest/contract/from-guest.ts";
import { guestFromPlan } from "../../guest/from-plan.ts";
import { pciForms } from "../../guest/ports.ts";
import { sha256 } from "../../hash/sha256.ts";
import type { Plan } from "../../plan/plan.ts";

/**
 * The contracts that a guest of this plan may have: the plan leaves open in which form the guest
 * sees the host's switches, and addresses depend on it.
 */
export function promisedContracts(plan: Plan): readonly GuestContract[] {
  return pciForms.map((pci) => contractOf(guestFromPlan(plan, { architecture: "x86_64", pci })));
}

/** The contract that the guest has the most devices of. */
export function likeliestContract(
  contracts: readonly GuestContract[],
  report: GuestReport,
): GuestContract {
  const seen = new Set((report.devices ?? []).map(({ address }) => address));
  const shown = ({ devices }: GuestContract): number =>
    devices.filter(({ address }) => seen.has(address)).length;
  return contracts.reduce((best, one) => (shown(one) > shown(best) ? one : best));
}

/** The digests of a contract as a guest may find it: on one line from renderings, or printed. */
export function contractDigests(contracts: readonly GuestContract[]): ReadonlySet<string> {
  return new Set(
    contracts.flatMap((contract) =>
      [JSON.stringify(contract), `${JSON.stringify(contract, null, 2)}\n`].map(sha256),
    ),
  );
}
