import type { Accelerator } from "../../topology/topology.ts";

/** What a list such as `CUDA_VISIBLE_DEVICES` names. */
export type Named =
  | { readonly kind: "all" }
  /** In the order of the list, duplicates left out. */
  | { readonly kind: "these"; readonly addresses: readonly string[] }
  | { readonly kind: "unclear"; readonly why: string; readonly tells: string };

/** The accelerators that a list's numbers count, and whether their order is known. */
export interface Numbered {
  /** In the order in which they are numbered; ascending addresses where that is unknown. */
  readonly accelerators: readonly Accelerator[];
  /** Why the order is unknown; null where it is known. */
  readonly unordered: { readonly why: string; readonly tells: string } | null;
}

/**
 * Reads a list of devices as CUDA and ROCm do: numbers, or UUIDs that may be cut short, up to the
 * first entry that names no device; what follows it is not visible either.
 * https://docs.nvidia.com/cuda/cuda-c-programming-guide/#cuda-environment-variables
 *
 * It is unclear if it has numbers and their order is unknown, if it mixes numbers and UUIDs or
 * names a device twice (the driver's answer is not documented), or if it has a UUID and not all
 * UUIDs are known.
 */
export function namedIn(variable: string, text: string | undefined, numbered: Numbered): Named {
  if (text === undefined) return { kind: "all" };
  const entries = text.split(",").map((entry) => entry.trim());
  const isNumber = entries.map((entry) => /^[+-]?\d+$/.test(entry));
  const words = entries.filter((entry) => /^(?:GPU|MIG)-/i.test(entry)).length;
  if (words > 0 && isNumber.includes(true)) {
    const why = `${variable} has both numbers and UUIDs`;
    return { kind: "unclear", why, tells: `${variable} with UUIDs alone` };
  }
  const found: string[] = [];
  for (const entry of entries) {
    const one = words > 0 ? byUuid(variable, entry, numbered) : byNumber(entry, numbered);
    if (one === null) break;
    if (typeof one === "object") return one;
    found.push(one);
  }
  const isTwice = new Set(found).size < found.length;
  if (isTwice && !entries.some((entry) => /^MIG-/i.test(entry))) {
    const why = `${variable} names a device twice`;
    return { kind: "unclear", why, tells: `${variable} with each device once` };
  }
  return { kind: "these", addresses: [...new Set(found)] };
}

/** Null for what names no device, which ends the list. */
function byNumber(entry: string, { accelerators, unordered }: Numbered): string | Named | null {
  if (!/^\+?\d+$/.test(entry)) return null;
  const found = accelerators[Number(entry)];
  if (found === undefined) return null;
  // One device has one order.
  if (unordered === null || accelerators.length === 1) return found.address;
  return { kind: "unclear", ...unordered };
}

function byUuid(
  variable: string,
  entry: string,
  { accelerators }: Numbered,
): string | Named | null {
  if (!/^(?:GPU|MIG)-/i.test(entry)) return null;
  const wanted = entry.toLowerCase();
  // `MIG-GPU-<uuid>/<gpu instance>/<compute instance>`, the form before driver 470.
  const [, ofGpu] = /^mig-(gpu-[0-9a-f-]+)\/\d+\/\d+$/.exec(wanted) ?? [];
  const found = accelerators.filter(({ uuid, instances }) =>
    ofGpu === undefined && wanted.startsWith("mig-")
      ? instances.some((instance) => instance.uuid?.toLowerCase().startsWith(wanted) === true)
      : uuid?.toLowerCase().startsWith(ofGpu ?? wanted) === true,
  );
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.address;
  if (others.length > 0) {
    const why = `${entry} in ${variable} is the beginning of several UUIDs`;
    return { kind: "unclear", why, tells: "a longer part of the UUID" };
  }
  if (!areMissing(accelerators, wanted)) return null;
  const why = `${variable} names ${entry}, and not all UUIDs are known`;
  return { kind: "unclear", why, tells: "nvidia-smi -L" };
}

/** Whether a device could have the UUID although none is known to have it. */
function areMissing(accelerators: readonly Accelerator[], wanted: string): boolean {
  if (!wanted.startsWith("mig-")) return accelerators.some(({ uuid }) => uuid === null);
  return accelerators.some(({ migEnabled, instances }) => {
    return migEnabled !== false && instances.every(({ uuid }) => uuid === null);
  });
}
