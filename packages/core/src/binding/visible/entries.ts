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

/** How a library reads its list; what each does with oddities is its own. */
export interface ListRules {
  /** Whether blanks around an entry count for nothing. */
  readonly trims: boolean;
  /** The number that an entry says; null where it says none. */
  readonly number: (entry: string) => number | null;
  /** What a device that is named twice does. */
  readonly twice: "unclear" | "ends" | "once";
}

/**
 * CUDA's: a number is what an entry begins with, as strtoul(3) reads it. Of a device that is named
 * twice NVIDIA's documents say nothing; PyTorch, which reads the list as it found the driver does,
 * takes it for none at all. https://github.com/pytorch/pytorch/blob/main/torch/cuda/__init__.py
 */
export const cudaRules: ListRules = {
  trims: true,
  number: (entry) => numberIn(/^\+?(\d+)/.exec(entry)?.[1]),
  twice: "unclear",
};

/**
 * Those of ROCm's runtime: whole numbers as strtol(3) reads them, so `0x1` is one too; a second
 * mention ends the list. https://github.com/ROCm/ROCR-Runtime, amd_filter_device.cpp
 */
export const rocrRules: ListRules = {
  trims: true,
  number: (entry) => {
    const [, octal] = /^\+?0([0-7]+)$/.exec(entry) ?? [];
    if (octal !== undefined) return Number.parseInt(octal, 8);
    return numberIn(/^\+?(0x[\da-f]+|[1-9]\d*|0)$/i.exec(entry)?.[1]);
  },
  twice: "ends",
};

/**
 * HIP's: plain numbers, no blanks, no signs; a second mention is left out.
 * https://github.com/ROCm/clr, rocclr/device/rocm/rocdevice.cpp
 */
export const hipRules: ListRules = {
  trims: false,
  number: (entry) => numberIn(/^(0|[1-9]\d*)$/.exec(entry)?.[1]),
  twice: "once",
};

function numberIn(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

export const isUuid = (entry: string): boolean => /^(?:GPU|MIG)-/i.test(entry);
const isPart = (entry: string): boolean => /^MIG-/i.test(entry);

/**
 * Reads a list of devices: numbers, or UUIDs that may be cut short, up to the first entry that
 * names no device; what follows it is not visible either. An empty list names none.
 * https://docs.nvidia.com/cuda/cuda-programming-guide/05-appendices/environment-variables.html
 * https://rocm.docs.amd.com/en/latest/conceptual/gpu-isolation.html
 *
 * It is unclear if it has numbers and their order is unknown, if it has a UUID and not all UUIDs
 * are known, and where no document says what the library does: with numbers and UUIDs in CUDA's
 * list, with a device that is there twice, and with parts of several GPUs, of which CUDA showed the
 * first alone before it learned to show more.
 */
export function namedIn(
  variable: string,
  text: string | undefined,
  numbered: Numbered,
  rules: ListRules = cudaRules,
): Named {
  if (text === undefined) return { kind: "all" };
  const entries = text.split(",").map((entry) => (rules.trims ? entry.trim() : entry));
  const isMixed = entries.some(isUuid) && entries.some((entry) => rules.number(entry) !== null);
  if (isMixed && rules.twice === "unclear") {
    const why = `${variable} has both numbers and UUIDs`;
    return { kind: "unclear", why, tells: `${variable} with UUIDs alone` };
  }
  const found: string[] = [];
  for (const entry of entries) {
    const one = isUuid(entry)
      ? byUuid(variable, entry, numbered)
      : byNumber(rules.number(entry), numbered);
    if (one === null) break;
    if (typeof one === "object") return one;
    if (found.includes(one) && rules.twice === "ends") break;
    found.push(one);
  }
  const unique = [...new Set(found)];
  const doubt = rules.twice === "unclear" ? doubtIn(variable, entries, found) : null;
  return doubt ?? { kind: "these", addresses: unique };
}

/** What no document says of a list whose entries have all been found. */
function doubtIn(
  variable: string,
  entries: readonly string[],
  found: readonly string[],
): Named | null {
  const devices = new Set(found).size;
  const hasParts = entries.some(isPart);
  if (hasParts && devices > 1) {
    const why = `${variable} names parts of several GPUs, and older drivers show the first alone`;
    return { kind: "unclear", why, tells: `${variable} with one of them` };
  }
  if (hasParts || devices === found.length) return null;
  const why = `${variable} names a device twice, and then the driver may show none`;
  return { kind: "unclear", why, tells: `${variable} with each device once` };
}

/** Null for what names no device, which ends the list. */
function byNumber(
  number: number | null,
  { accelerators, unordered }: Numbered,
): string | Named | null {
  const found = number === null ? undefined : accelerators[number];
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
  const wanted = entry.toLowerCase();
  // `MIG-GPU-<uuid>/<gpu instance>/<compute instance>`, the form before driver 470.
  const [, ofGpu] = /^mig-(gpu-[0-9a-f-]+)\/\d+\/\d+$/.exec(wanted) ?? [];
  const found = accelerators.filter(({ uuid, instances }) =>
    ofGpu === undefined && isPart(wanted)
      ? instances.some((instance) => instance.uuid?.toLowerCase().startsWith(wanted) === true)
      : uuid?.toLowerCase().startsWith(ofGpu ?? wanted) === true,
  );
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.address;
  if (others.length > 0) {
    const why = `${entry} in ${variable} is the beginning of several UUIDs`;
    return { kind: "unclear", why, tells: "a longer part of the UUID" };
  }
  if (!areMissing(accelerators, ofGpu ?? wanted)) return null;
  const why = `${variable} names ${entry}, and not all UUIDs are known`;
  return { kind: "unclear", why, tells: "nvidia-smi -L, rocm-smi --showuniqueid or PCI addresses" };
}

/**
 * Whether a device could have the UUID although none is known to have it. AMD's tools tell UUIDs in
 * two forms, of which its runtime takes the one that begins with `GPU-`.
 */
function areMissing(accelerators: readonly Accelerator[], wanted: string): boolean {
  if (!isPart(wanted)) return accelerators.some(({ uuid }) => uuid === null || !isUuid(uuid));
  return accelerators.some(({ migEnabled, instances }) => {
    return migEnabled !== false && instances.every(({ uuid }) => uuid === null);
  });
}
