import { count, type Tally } from "../unit/tally.ts";
import type { Accelerator, Topology } from "./topology.ts";

/**
 * The accelerators that are not virtual functions. People count and number these; virtual functions
 * have no number of their own.
 */
export function wholeAccelerators({
  accelerators,
  pci,
}: Pick<Topology, "accelerators" | "pci">): readonly Accelerator[] {
  const parts = new Set(
    pci.flatMap(({ address, physicalFunction }) => (physicalFunction === null ? [] : [address])),
  );
  return accelerators.filter(({ address }) => !parts.has(address));
}

/**
 * The numbers of these accelerators for people: those of the vendor's tool, where it numbers all of
 * them, otherwise their positions. In the order of the list.
 */
export function acceleratorNumbers(accelerators: readonly Accelerator[]): readonly number[] {
  const numbers = accelerators.flatMap(({ index }) => index ?? []);
  const named = numbers.length === accelerators.length;
  return named && new Set(numbers).size === numbers.length ? numbers : [...accelerators.keys()];
}

/** The numbers of the machine's accelerators for people, by address. */
export function numbersByAddress(topology: Topology): ReadonlyMap<string, number> {
  const accelerators = wholeAccelerators(topology);
  const numbers = acceleratorNumbers(accelerators);
  return new Map(accelerators.map(({ address }, i) => [address, numbers[i] ?? i]));
}

/** The virtual functions among the accelerators, by the address of their physical function. */
export function virtualAccelerators({
  accelerators,
  pci,
}: Topology): ReadonlyMap<string, readonly Accelerator[]> {
  const physical = new Map(pci.map(({ address, physicalFunction }) => [address, physicalFunction]));
  const found = new Map<string, Accelerator[]>();
  for (const accelerator of accelerators) {
    const whole = physical.get(accelerator.address) ?? null;
    if (whole === null) continue;
    found.set(whole, [...(found.get(whole) ?? []), accelerator]);
  }
  return found;
}

/**
 * Lists profiles with their counts, in the order of first occurrence: `2 × NVIDIA A40-8C, 6 unset`.
 */
export function profilesText(
  parts: readonly { readonly profile: string | null }[],
  unknown: string,
): string {
  const counts: Tally<string> = new Map();
  for (const { profile } of parts) {
    if (profile !== null) count(counts, profile);
  }
  const others = parts.filter(({ profile }) => profile === null).length;
  const known = [...counts].map(([profile, number]) =>
    number === 1 ? profile : `${number} × ${profile}`,
  );
  return [...known, ...(others === 0 ? [] : [`${others} ${unknown}`])].join(", ");
}
