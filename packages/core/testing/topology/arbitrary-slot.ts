import * as fc from "fast-check";
import type { PciNode, SyntheticDevice } from "../../src/topology/synthetic/machine.ts";

/** One host bridge and the devices below it. */
export interface Slot {
  /** Its node, counted among nodes with CPUs; null for unknown. */
  readonly beside: number | null;
  readonly below: readonly PciNode[];
}

const plain: Omit<SyntheticDevice, "kind" | "model"> = {
  count: 1,
  id: null,
  class: null,
  barBytes: null,
  link: null,
  driver: null,
  hostUse: null,
  group: null,
  companions: [],
  integrated: false,
  name: null,
  memoryBytes: null,
  rdma: null,
  functions: [],
  mig: null,
};

const arbitraryAccelerator: fc.Arbitrary<SyntheticDevice> = fc
  .record({
    model: fc.constantFrom("h100-sxm", "h100-sxm", "l40s"),
    companions: fc.constantFrom<readonly string[]>([], [], [], ["audio"], ["audio", "usb"]),
    narrow: fc.constantFrom(false, false, false, true),
  })
  .map(({ model, companions, narrow }) => ({
    ...plain,
    kind: "gpu",
    model,
    companions,
    link: narrow ? { speedGTs: 16, width: 8, maxSpeedGTs: 32, maxWidth: 16 } : null,
  }));

const arbitraryNic: fc.Arbitrary<SyntheticDevice> = fc
  .constantFrom("cx7", "cx7", "e810")
  .map((model) => ({ ...plain, kind: "nic", model }));

const drive: SyntheticDevice = { ...plain, kind: "dev", model: "nvme" };

function below(
  things: fc.Arbitrary<readonly PciNode[]>,
  count = 1,
): fc.Arbitrary<readonly PciNode[]> {
  return fc
    .record({ things, acs: fc.constantFrom(true, true, true, false) })
    .map(({ things: inner, acs }): readonly PciNode[] => [
      { kind: "switch", model: null, count, acs, link: null, below: inner },
    ]);
}

const gpu = fc.tuple(arbitraryAccelerator);
const pair = arbitraryAccelerator.map((device) => [{ ...device, count: 2 }]);
const gpuAndNic = fc.tuple(arbitraryAccelerator, arbitraryNic);
const nested = fc
  .tuple(below(pair), arbitraryNic)
  .map(([inner, nic]): readonly PciNode[] => [...inner, nic]);

/** Host bridges as on real machines: bare devices, switches with GPUs and NICs, nested switches. */
export const arbitrarySlot: fc.Arbitrary<Slot> = fc.record({
  beside: fc.oneof(
    { arbitrary: fc.nat(7), weight: 9 },
    { arbitrary: fc.constant(null), weight: 1 },
  ),
  below: fc.oneof<fc.Arbitrary<readonly PciNode[]>[]>(
    gpu,
    gpuAndNic,
    below(gpuAndNic),
    below(pair),
    below(nested),
    fc.tuple(arbitraryNic),
    fc.constant([drive]),
  ),
});

/** The number of accelerators in a list. */
export function acceleratorsBelow(things: readonly PciNode[]): number {
  return things.reduce((sum, thing) => {
    const own =
      thing.kind === "switch" ? acceleratorsBelow(thing.below) : thing.kind === "gpu" ? 1 : 0;
    return sum + thing.count * own;
  }, 0);
}
