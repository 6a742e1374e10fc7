import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import { place } from "@evenkeel/core/placement/place.ts";
import type { Plan } from "@evenkeel/core/placement/plan.ts";
import { settledTopology } from "@evenkeel/core/placement/settled.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import type { Outcome } from "../compare.ts";
import type { LinearProgram } from "../linear-program.ts";
import { equalsOf } from "./equals.ts";
import { type PackedVm, packed } from "./packing.ts";
import { type Place, placesLike } from "./places.ts";
import { packingFault, planOf } from "./witness.ts";

/** So many equal places are tried, taken at even distances from all there are. */
const triedMax = 24;

/** Holds the place that the product chooses for a VM, told what is sold, against all others. */
export function compareLoss(
  newProgram: () => LinearProgram,
  given: HostState,
  request: Request,
  flavors: readonly Request[],
): Outcome {
  const host = { ...given, topology: settledTopology(given) };
  const sold = flavors.flatMap((flavor) => soldOn(newProgram, host, flavor) ?? []);
  if (sold.length === 0) return { kind: "nothing sold", mismatch: null };
  const vm = { ...request, name: "placed" };
  const plan = place([host], vm, { flavors: sold.map(({ flavor }) => flavor) });
  if (plan.kind === "Refusal") return { kind: "refused", mismatch: null };
  return heldAgainstEquals(newProgram, host, vm, sold, plan);
}

/**
 * Holds a VM's place against all that are as good for the VM: none may leave more of what is sold.
 * What is left is counted by integer programs: of each flavor, how many fit of its own grade, as a
 * share of what an empty host could take.
 */
export function heldAgainstEquals(
  newProgram: () => LinearProgram,
  host: HostState,
  vm: Request,
  sold: readonly Sold[],
  plan: Plan,
): Outcome {
  const equals = equalsOf(host, vm, plan);
  if (equals === null) return { kind: "untold", mismatch: null };
  if (equals.better !== null) {
    return { kind: "loss", mismatch: `a better place: ${JSON.stringify(equals.better)}` };
  }
  const left = (after: Plan): number[] => {
    const taken = [...host.taken, after];
    return sold.map((one) => packed(newProgram(), { ...host, taken }, one.flavor, one.places).most);
  };
  const worth = (counts: readonly number[]): number =>
    counts.reduce((sum, count, i) => sum + count / (sold[i]?.most ?? 1), 0);
  const chosen = left(plan);
  const tried = sampled(equals.places);
  const kind = `loss, ${tried.length > 1 ? "a choice" : "no choice"}`;
  for (const other of tried) {
    const after = planOf(host, vm, other);
    const counts = left(after);
    if (worth(counts) <= worth(chosen) + 1e-9) continue;
    const fault = packingFault(host, vm, [other], null);
    if (fault !== null) return { kind, mismatch: `no legal place, ${fault}` };
    const both = `search leaves ${chosen.join(" ")}, program leaves ${counts.join(" ")}`;
    return { kind, mismatch: `more can be left: ${both} after ${whereabouts(after)}` };
  }
  return { kind, mismatch: null };
}

export interface Sold {
  readonly flavor: Request;
  readonly places: readonly Place[];
  /** On an empty host. */
  readonly most: number;
}

/** Of what class a flavor is sold on a kind of host; null where it is not, or nobody can tell. */
export function soldOn(
  newProgram: () => LinearProgram,
  host: HostState,
  flavor: Request,
): Sold | null {
  const empty = { ...host, taken: [] };
  const first = place([empty], flavor);
  if (first.kind === "Refusal") return null;
  const places = placesLike(host, flavor, first);
  if (places === null) return null;
  const { most } = packed(newProgram(), empty, flavor, places);
  return most === 0 ? null : { flavor, places, most };
}

function sampled(places: readonly PackedVm[]): readonly PackedVm[] {
  const step = Math.ceil(places.length / triedMax);
  return places.filter((_, i) => i % step === 0);
}

const whereabouts = ({ cells, devices }: Plan): string =>
  [
    ...cells.map(({ hostNode, vcpus }) => {
      return `node ${hostNode} CPUs ${vcpus.map((v) => ("cpu" in v ? v.cpu : v.cpus)).join(" ")}`;
    }),
    ...devices.map(({ address }) => address),
  ].join(", ");
