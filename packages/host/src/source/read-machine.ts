import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";

/** The machine of that name in the catalog. Errors: `machine-unknown`, with the likely name. */
export function readMachine(name: string): Topology {
  const machine = catalogMachine(name);
  if (machine !== null) return machine;
  const meant = machinesMeant(name);
  throw new EvenkeelError("machine-unknown", "the catalog has no machine of this name", {
    where: `machine:${name}`,
    expected: `one of ${catalogNames.join(", ")}`,
    ...(meant === null ? {} : { remedy: `did you mean ${meant}?` }),
  });
}

/** The machines that a word may mean, as sources: a slip of the pen, or a part such as `h100`. */
export function machinesMeant(word: string): string | null {
  const near = didYouMean(word, catalogNames);
  const isPart = (name: string): boolean => word.length > 2 && name.includes(word.toLowerCase());
  const meant = near === null ? catalogNames.filter(isPart) : [near];
  return meant.length === 0 ? null : meant.map((name) => `machine:${name}`).join(" or ");
}
