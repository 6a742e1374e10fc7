import type { GuestReport } from "../evidence/guest-report.ts";
import type { GuestContract } from "../guest/contract/contract.ts";
import { contractOf } from "../guest/contract/from-guest.ts";
import { guestFromPlan } from "../guest/from-plan.ts";
import { pciForms } from "../guest/ports.ts";
import { sha256 } from "../hash/sha256.ts";
import type { Plan } from "../placement/plan.ts";

/**
 * The contract that a guest of this plan was handed. A plan leaves open in which form the guest is
 * shown the host's switches, and addresses depend on it: of the forms, the one counts of which the guest
 * has the most devices.
 */
export function promisedContract(plan: Plan, report: GuestReport): GuestContract {
  const seen = new Set((report.devices ?? []).map(({ address }) => address));
  const contracts = contractsOf(plan);
  const shown = ({ devices }: GuestContract): number =>
    devices.filter(({ address }) => seen.has(address)).length;
  return contracts.reduce((best, one) => (shown(one) > shown(best) ? one : best));
}

/**
 * The digests of what a guest of this plan finds where its contract is: the text that renderings
 * hand over, or the file that is printed, in either form of switches.
 */
export function contractDigests(plan: Plan): ReadonlySet<string> {
  return new Set(
    contractsOf(plan).flatMap((contract) =>
      [JSON.stringify(contract), `${JSON.stringify(contract, null, 2)}\n`].map(sha256),
    ),
  );
}

const contractsOf = (plan: Plan): readonly GuestContract[] =>
  pciForms.map((pci) => contractOf(guestFromPlan(plan, { architecture: "x86_64", pci })));
