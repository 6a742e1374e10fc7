import { comparePciAddresses } from "../../topology/pci-address.ts";
import type { Accelerator } from "../../topology/topology.ts";
import { cudaDevices } from "./cuda.ts";
import { gaudiDevices } from "./gaudi.ts";
import { levelZeroDevices } from "./level-zero.ts";
import { rocmDevices } from "./rocm.ts";
import { type AcceleratorFacts, allOf, type VisibleAccelerators } from "./seen.ts";
import type { Variables } from "./variables.ts";

/**
 * Finds the accelerators that a command sees, from the machine's and the variables by which a
 * program's libraries choose among them.
 *
 * A container has the device files of its own GPUs alone, while sysfs has all of the machine's: a
 * program numbers those that it can open. Those of a vendor whose library is not known here count
 * by their addresses, and no variable chooses among them.
 */
export function visibleAccelerators(
  facts: AcceleratorFacts,
  variables: Variables,
): VisibleAccelerators {
  const of = openable(facts);
  const seen = [
    cudaDevices(of("10de"), facts.usable !== null, deviceIds(facts), variables),
    rocmDevices(of("1002"), facts.rocmOrder, variables),
    levelZeroDevices(of("8086"), variables),
    gaudiDevices(of("1da3"), variables),
    allOf({ accelerators: of(null), unordered: null }, []),
  ];
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
    unclear: parts.find(({ unclear }) => unclear?.of === "members")?.unclear ?? null,
    // HIP reads CUDA's list too.
    chosenBy: [...new Set(parts.flatMap(({ chosenBy }) => chosenBy))],
  };
}

/** The number of a device's kind, as its vendor gave it. */
function deviceIds({ topology }: AcceleratorFacts): (accelerator: Accelerator) => string | null {
  const ids = new Map(topology.pci.map(({ address, device }) => [address, device]));
  return ({ address }) => ids.get(address) ?? null;
}

const vendors = new Set(["10de", "1002", "8086", "1da3"]);

/**
 * The accelerators of a vendor, or of all others, that a program here can use, by ascending
 * address: not those that a VM has, nor those without a device file.
 */
function openable({
  topology,
  usable,
}: AcceleratorFacts): (vendor: string | null) => readonly Accelerator[] {
  const devices = new Map(topology.pci.map((device) => [device.address, device]));
  const here = topology.accelerators
    .filter(({ address }) =>
      usable === null ? devices.get(address)?.driver !== "vfio-pci" : usable.has(address),
    )
    .toSorted((a, b) => comparePciAddresses(a.address, b.address));
  return (vendor) =>
    here.filter(({ address }) => {
      const own = devices.get(address)?.vendor ?? null;
      return vendor === null ? own === null || !vendors.has(own) : own === vendor;
    });
}
