import { comparePciAddresses } from "../../topology/pci-address.ts";
import type { Accelerator, Topology } from "../../topology/topology.ts";
import { allKnown } from "../../unit/list.ts";
import type { Variables } from "./variables.ts";
import { type Named, namedIn, type Numbered } from "./entries.ts";

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

/**
 * Finds the accelerators that a command sees, from the machine's and the variables by which a
 * program's libraries choose among them.
 *
 * A container has the device files of its own GPUs alone, while sysfs has all of the machine's: a
 * program numbers those that it can open. `NVIDIA_VISIBLE_DEVICES` is the request that a
 * container's runtime answered; no library reads it, so it counts only where nobody knows what can
 * be opened.
 */
export function visibleAccelerators(
  facts: AcceleratorFacts,
  variables: Variables,
): VisibleAccelerators {
  const seen = [nvidias(facts, variables), amds(facts, variables), others(facts)];
  const some = seen.filter(({ addresses }) => addresses.length > 0);
  const [only] = some;
  if (some.length <= 1) return only ?? joined(seen);
  const { addresses, unclear, chosenBy } = joined(some);
  return {
    addresses: addresses.toSorted(comparePciAddresses),
    unclear: unclear ?? {
      of: "order",
      why: "there are accelerators of several vendors",
      tells: "--gpu with addresses",
    },
    chosenBy,
  };
}

function joined(parts: readonly VisibleAccelerators[]): VisibleAccelerators {
  return {
    addresses: parts.flatMap(({ addresses }) => addresses),
    unclear: parts.find(({ unclear }) => unclear !== null)?.unclear ?? null,
    chosenBy: parts.flatMap(({ chosenBy }) => chosenBy),
  };
}

const nvidia = "10de";
const amd = "1002";

/** CUDA's: `NVIDIA_VISIBLE_DEVICES` if need be, then CUDA's order, then `CUDA_VISIBLE_DEVICES`. */
function nvidias(facts: AcceleratorFacts, variables: Variables): VisibleAccelerators {
  const all = openable(facts, nvidia).toSorted((a, b) => comparePciAddresses(a.address, b.address));
  const asked =
    facts.usable === null ? givenByRuntime(all, variables["NVIDIA_VISIBLE_DEVICES"]) : null;
  if (asked?.kind === "unclear") return unclearly(all, asked, ["NVIDIA_VISIBLE_DEVICES"]);
  const given = asked?.kind === "these" ? all.filter(isOf(asked.addresses)) : all;
  const byRuntime = asked?.kind === "these" ? ["NVIDIA_VISIBLE_DEVICES"] : [];
  const numbered = { accelerators: given, unordered: cudaOrder(given, variables) };
  return chosen(numbered, byRuntime, "CUDA_VISIBLE_DEVICES", variables);
}

/** ROCm's: `ROCR_VISIBLE_DEVICES`, and of these HIP's, which takes CUDA's variable too. */
function amds(facts: AcceleratorFacts, variables: Variables): VisibleAccelerators {
  const { rocmOrder } = facts;
  const all = openable(facts, amd).toSorted((a, b) => comparePciAddresses(a.address, b.address));
  const places = all.map(({ address }) => {
    const place = rocmOrder?.indexOf(address);
    return place === undefined || place < 0 ? null : place;
  });
  const known = allKnown(places);
  const numbered: Numbered = {
    accelerators:
      known === null ? all : all.toSorted((a, b) => placeOf(a, rocmOrder) - placeOf(b, rocmOrder)),
    unordered:
      known === null
        ? { why: "the order in which ROCm numbers GPUs is unknown", tells: "/sys/class/kfd" }
        : null,
  };
  const runtime = chosen(numbered, [], "ROCR_VISIBLE_DEVICES", variables);
  if (runtime.unclear?.of === "members") return runtime;
  const left = runtime.addresses.flatMap((address) => all.filter(isOf([address])));
  const hip = variables["HIP_VISIBLE_DEVICES"] === undefined ? "CUDA_VISIBLE_DEVICES" : undefined;
  return chosen(
    { accelerators: left, unordered: runtime.unclear },
    runtime.chosenBy,
    hip ?? "HIP_VISIBLE_DEVICES",
    variables,
  );
}

function placeOf({ address }: Accelerator, order: readonly string[] | null): number {
  return (order ?? []).indexOf(address);
}

/** Of other vendors, in the order of their addresses; no variable chooses among them. */
function others({ topology, usable }: AcceleratorFacts): VisibleAccelerators {
  const vendors = vendorsOf(topology);
  const addresses = topology.accelerators
    .map(({ address }) => address)
    .filter((address) => ![nvidia, amd].includes(vendors.get(address) ?? ""))
    .filter((address) => usable === null || usable.has(address));
  return { addresses, unclear: null, chosenBy: [] };
}

/**
 * The accelerators of a vendor that a program here can use: not those that a VM has, nor those
 * without a device file.
 */
function openable({ topology, usable }: AcceleratorFacts, vendor: string): readonly Accelerator[] {
  const vendors = vendorsOf(topology);
  const passed = new Set(
    topology.pci.filter(({ driver }) => driver === "vfio-pci").map(({ address }) => address),
  );
  return topology.accelerators.filter(
    ({ address }) =>
      vendors.get(address) === vendor &&
      (usable === null ? !passed.has(address) : usable.has(address)),
  );
}

function vendorsOf({ pci }: Topology): ReadonlyMap<string, string | null> {
  return new Map(pci.map(({ address, vendor }) => [address, vendor]));
}

/**
 * The runtime of NVIDIA's containers numbers GPUs as nvidia-smi does, by ascending address, and
 * parts of them as `0:1`. https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/
 * docker-specialized.html
 */
function givenByRuntime(all: readonly Accelerator[], text: string | undefined): Named | null {
  const words = text?.trim();
  if (words === undefined || words === "all") return null;
  if (["", "void", "none"].includes(words)) return { kind: "these", addresses: [] };
  const gpus = new Set(words.split(",").map((word) => word.replace(/:\d+$/, "")));
  return namedIn("NVIDIA_VISIBLE_DEVICES", [...gpus].join(","), {
    accelerators: all,
    unordered: null,
  });
}

/**
 * CUDA numbers the fastest first, unless it is told to go by address. Where all are of one model
 * the two are the same order; where they are not, nobody but CUDA knows which is the fastest.
 */
function cudaOrder(all: readonly Accelerator[], variables: Variables): Numbered["unordered"] {
  const order = variables["CUDA_DEVICE_ORDER"]?.trim().toUpperCase();
  if (all.length < 2 || order === "PCI_BUS_ID") return null;
  const tells = "CUDA_DEVICE_ORDER=PCI_BUS_ID";
  const isMig = all.some(({ migEnabled }) => migEnabled === true);
  if (isMig) return { why: "CUDA numbers GPUs in MIG mode in an order of its own", tells };
  const models = allKnown(all.map(({ productName, model }) => productName ?? model));
  if (models === null) return { why: "the models of the GPUs are unknown", tells };
  if (new Set(models).size === 1) return null;
  return { why: `CUDA numbers the fastest GPU first, and these are unequal`, tells };
}

/** Applies a variable. Without it all are visible, in the order in which they are numbered. */
function chosen(
  numbered: Numbered,
  before: readonly string[],
  variable: string,
  variables: Variables,
): VisibleAccelerators {
  const { accelerators, unordered } = numbered;
  const named = namedIn(variable, variables[variable], numbered);
  switch (named.kind) {
    case "all": {
      const addresses = accelerators.map(({ address }) => address);
      const isOrdered = unordered === null || addresses.length < 2;
      const unclear = isOrdered ? null : { of: "order" as const, ...unordered };
      return { addresses, unclear, chosenBy: before };
    }
    case "these":
      return { addresses: named.addresses, unclear: null, chosenBy: [...before, variable] };
    case "unclear":
      return unclearly(accelerators, named, [...before, variable]);
  }
}

function unclearly(
  all: readonly Accelerator[],
  { why, tells }: { readonly why: string; readonly tells: string },
  chosenBy: readonly string[],
): VisibleAccelerators {
  const addresses = all.map(({ address }) => address).toSorted(comparePciAddresses);
  return { addresses, unclear: { of: "members", why, tells }, chosenBy };
}

function isOf(addresses: readonly string[]): (accelerator: Accelerator) => boolean {
  return ({ address }) => addresses.includes(address);
}
