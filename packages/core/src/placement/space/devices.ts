import type { Request } from "../../request/request.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Plan } from "../plan.ts";

/** A device that can be passed through, with the functions that must go along. */
export interface FreeDevice {
  readonly address: string;
  readonly node: number | null;
  readonly model: string | null;
  /** The other functions of its IOMMU group but for bridges, which the host keeps. */
  readonly companions: readonly string[];
}

/** The addresses of all functions that a plan holds. */
function devicesOf(plan: Plan): readonly string[] {
  return plan.devices.flatMap((device) => [device.address, ...device.companions]);
}

/** The other functions that share a device's IOMMU group, bridges apart, by address. */
function companionsOf(address: string, { pci }: Topology): readonly string[] {
  const group = pci.find((device) => device.address === address)?.iommuGroup ?? null;
  if (group === null) return [];
  return pci
    .filter((device) => device.iommuGroup === group && device.address !== address)
    .filter((device) => !device.class.startsWith("06"))
    .map((device) => device.address);
}

/** The accelerators of the request's model and the NICs of its kind that nobody holds, by address. */
export function freeDevices(
  topology: Topology,
  taken: readonly Plan[],
  request: Request,
): { readonly accelerators: readonly FreeDevice[]; readonly nics: readonly FreeDevice[] } {
  const held = new Set(taken.flatMap(devicesOf));
  const nodes = new Map(topology.pci.map((device) => [device.address, device.node]));
  const free = (address: string, model: string | null): FreeDevice[] => {
    const companions = companionsOf(address, topology);
    if ([address, ...companions].some((member) => held.has(member))) return [];
    return [{ address, model, node: nodes.get(address) ?? null, companions }];
  };
  return {
    accelerators: topology.accelerators
      .filter((accelerator) => isOfModel(accelerator.model, request.accelerators.model))
      .flatMap(({ address, model }) => free(address, model)),
    nics: topology.nics
      .filter((nic) => !request.nics.rdma || nic.rdma === true)
      .flatMap(({ address }) => free(address, null)),
  };
}

/** Whether a model's name has the wanted part in it; a model nobody knows satisfies no wish. */
export function isOfModel(model: string | null, wanted: string | null): boolean {
  if (wanted === null) return true;
  return model !== null && model.toLowerCase().includes(wanted.toLowerCase());
}
