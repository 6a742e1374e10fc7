import type { PciDevice, Topology } from "../topology.ts";

/** What functions are, by address, in either machine. */
export interface Models {
  readonly before: (device: PciDevice) => string;
  readonly after: (device: PciDevice) => string;
}

/** The models of two machines' functions. */
export function modelsOf(a: Topology, b: Topology): Models {
  const [before, after] = [a, b].map(({ accelerators }) => {
    const models = new Map(accelerators.map(({ address, model }) => [address, model]));
    return (device: PciDevice): string => models.get(device.address) ?? idOf(device);
  });
  return { before: before ?? idOf, after: after ?? idOf };
}

/** `10de:2330` */
export const idOf = ({ vendor, device }: PciDevice): string => `${vendor}:${device}`;

/** Whether another model took a function's place; what the model decides then follows from that. */
export function isAnother(before: PciDevice, after: PciDevice): boolean {
  const known = [before, after].every(({ vendor, device }) => vendor !== null && device !== null);
  return known && idOf(before) !== idOf(after);
}
