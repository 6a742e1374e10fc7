import { comparePciAddresses } from "../../topology/pci-address.ts";
import type { Accelerator, Topology } from "../../topology/topology.ts";
import { type ListRules, namedIn, type Numbered } from "./entries.ts";
import type { Variables } from "./variables.ts";

export interface Unclear {
  readonly of: "members" | "order";
  readonly why: string;
  readonly tells: string;
}

/** What is known of the accelerators here, beside the topology. */
export interface AcceleratorFacts {
  readonly topology: Topology;
  /** Those that a program here can open; null where nobody told. */
  readonly usable: ReadonlySet<string> | null;
  /** AMD's, in the order in which ROCm numbers them; null where nobody told. */
  readonly rocmOrder: readonly string[] | null;
}

/** The accelerators that a command will see, in its own order. */
export interface VisibleAccelerators {
  /** Where it is unclear which they are, all that may be among them, by ascending address. */
  readonly addresses: readonly string[];
  /** What is unclear: which of these they are, or only in which order. Null where nothing is. */
  readonly unclear: Unclear | null;
  /** The variables that chose, for people; empty where none did. */
  readonly chosenBy: readonly string[];
}

/** Applies a variable. Without it all are visible, in the order in which they are numbered. */
export function chosen(
  numbered: Numbered,
  before: readonly string[],
  variable: string,
  variables: Variables,
  rules: ListRules,
): VisibleAccelerators {
  const named = namedIn(variable, variables[variable], numbered, rules);
  switch (named.kind) {
    case "all":
      return allOf(numbered, before);
    case "these":
      return { addresses: named.addresses, unclear: null, chosenBy: [...before, variable] };
    case "unclear":
      return unclearly(numbered.accelerators, named, [...before, variable]);
  }
}

/** All of them, in an order that may be unknown. */
export function allOf(
  { accelerators, unordered }: Numbered,
  chosenBy: readonly string[],
): VisibleAccelerators {
  const addresses = accelerators.map(({ address }) => address);
  const isOrdered = unordered === null || addresses.length < 2;
  return { addresses, unclear: isOrdered ? null : { of: "order", ...unordered }, chosenBy };
}

/** Any of them. */
export function unclearly(
  all: readonly Accelerator[],
  { why, tells }: { readonly why: string; readonly tells: string },
  chosenBy: readonly string[],
): VisibleAccelerators {
  const addresses = all.map(({ address }) => address).toSorted(comparePciAddresses);
  return { addresses, unclear: { of: "members", why, tells }, chosenBy };
}
