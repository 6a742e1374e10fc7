import * as fc from "fast-check";
import { buildTopology } from "../../src/topology/build.ts";
import type {
  Accelerator,
  AcceleratorInstance,
  PciDevice,
  Topology,
} from "../../src/topology/topology.ts";
import { unknownParts } from "../../src/topology/unknown-settings.ts";

/**
 * The same machine with some GPUs divided: into virtual functions, which follow at function 4 of
 * the GPU's bus and may have a vGPU type, and into MIG instances. Any of it may be unknown.
 */
export function withParts(topology: Topology): fc.Arbitrary<Topology> {
  return fc.tuple(...topology.accelerators.map(() => cuts)).map((each) => {
    const functions = new Map(topology.pci.map((device) => [device.address, device]));
    const pci: PciDevice[] = [...topology.pci];
    const accelerators = topology.accelerators.flatMap((accelerator, i): Accelerator[] => {
      const { mig, profiles } = each[i] ?? uncut;
      const device = functions.get(accelerator.address);
      const whole = { ...accelerator, ...mig };
      if (device === undefined || !accelerator.address.endsWith(":00.0")) return [whole];
      const parts = profiles.map((profile, place) => {
        const address = accelerator.address.replace(/0$/, `${4 + place}`);
        pci.push(virtualFunction(device, address));
        const none = { uuid: null, moduleId: null, memoryBytes: null };
        return { address, model: accelerator.model, ...none, ...unknownParts, profile };
      });
      return [whole, ...parts];
    });
    return buildTopology({ ...topology, pci, accelerators });
  });
}

function virtualFunction(device: PciDevice, address: string): PciDevice {
  const { address: physicalFunction } = device;
  const unknown = { iommuGroup: null, driver: null, link: null, barBytes: null, interrupts: null };
  return { ...device, address, physicalFunction, ...unknown, acsRedirect: null, atsEnabled: null };
}

const profile = fc.option(fc.constantFrom("NVIDIA H100XM-20C", "NVIDIA H100XM-1-10CME"));

const instance: fc.Arbitrary<AcceleratorInstance> = fc.record({
  profile: fc.option(fc.constantFrom("1g.10gb", "3g.40gb")),
  uuid: fc.option(fc.uuid().map((uuid) => `MIG-${uuid}`)),
  memoryBytes: fc.option(fc.integer({ min: 1, max: 40 }).map((n) => n << 20)),
});

interface Cuts {
  readonly profiles: readonly (string | null)[];
  readonly mig: Pick<Accelerator, "migEnabled" | "instances"> | null;
}

const uncut: Cuts = { profiles: [], mig: null };

const cuts: fc.Arbitrary<Cuts> = fc.record({
  profiles: fc.oneof(
    { arbitrary: fc.constant<(string | null)[]>([]), weight: 3 },
    { arbitrary: fc.array(profile, { minLength: 1, maxLength: 4 }), weight: 1 },
  ),
  mig: fc.oneof(
    { arbitrary: fc.constant(null), weight: 3 },
    {
      arbitrary: fc
        .record({ migEnabled: fc.option(fc.boolean()), cut: fc.array(instance, { maxLength: 3 }) })
        .map(({ migEnabled, cut }) => ({
          migEnabled,
          instances: migEnabled === false ? [] : cut,
        })),
      weight: 1,
    },
  ),
});
