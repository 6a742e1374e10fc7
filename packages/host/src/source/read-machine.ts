import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";

/** The catalog's machine of this name. Error: `machine-unknown`, with the most similar name. */
export function readMachine(name: string): Topology {
  const machine = catalogMachine(name);
  if (machine !== null) return machine;
  const meant = didYouMean(name, catalogNames);
  throw new EvenkeelError("machine-unknown", "the catalog has no machine of this name", {
    where: `machine:${name}`,
    expected: `one of ${catalogNames.join(", ")}`,
    ...(meant === null ? {} : { remedy: `did you mean machine:${meant}?` }),
  });
}
