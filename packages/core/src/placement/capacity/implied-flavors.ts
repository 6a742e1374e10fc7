import type { Request } from "../../request/request.ts";
import { amountOf } from "../../text/amount.ts";
import { at, valueOf } from "../../unit/list.ts";
import { formatBytes } from "../../unit/bytes.ts";
import type { Device } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { poolPosition } from "../inventory/memory.ts";
import { granuleOf } from "../space/memory.ts";
import { demandOf } from "../host-class/demand.ts";
import type { SoldFlavor } from "./loss.ts";

/**
 * The flavors to assume where the operator gives none: one accelerator of each model with its even
 * share of cores and memory. With them a VM without accelerators leaves the nodes of free
 * accelerators to others when it can, and a VM that takes any model takes the one with more left.
 *
 * The even share is that of the node where it is least. Memory is counted in the request's page
 * size, as the request takes no other. Accelerators of unknown node, and parts of one, imply
 * nothing.
 */
export function impliedSoldFlavors(
  inventories: readonly Inventory[],
  request: Request,
): readonly SoldFlavor[] {
  const all = [...new Set(inventories)].flatMap((inventory) =>
    impliedFlavors(inventory, request).map((flavor) => demandOf(flavor)),
  );
  const demands = new Map(all.map((demand) => [demand.key, demand]));
  return [...demands.values()].map((demand) => ({ demand, weight: 1 }));
}

function impliedFlavors(inventory: Inventory, request: Request): readonly Request[] {
  const whole = inventory.devices.accelerators.filter(({ isPart }) => !isPart);
  const models = Map.groupBy(whole, ({ model }) => model);
  return [...models].flatMap(([model, devices]) => {
    const shares = devices.flatMap(({ node }) => {
      return node === null ? [] : [shareOn(inventory, request, whole, node)];
    });
    const cores = Math.min(...shares.map((share) => share.cores));
    const granules = Math.min(...shares.map((share) => share.granules));
    if (shares.length === 0 || cores === 0 || granules === 0) return [];
    const { threadsPerCore } = inventory.cores;
    const vcpus = cores * threadsPerCore;
    const memoryBytes = granules * granuleOf(request);
    const what = model === null ? "accelerator" : model;
    return [
      {
        name: `one ${what} with ${amountOf(vcpus, "vCPU")} and ${formatBytes(memoryBytes)}`,
        tenant: null,
        flavor: null,
        signature: null,
        accelerators: { count: 1, model, link: "any" },
        nics: { count: 0, rdma: false },
        vcpus,
        memoryBytes,
        hugepageBytes: request.hugepageBytes,
        locality: "strict",
        isolation: "core",
        workload: request.workload,
      } satisfies Request,
    ];
  });
}

interface Share {
  readonly cores: number;
  readonly granules: number;
}

/** Each accelerator's even share of all that an empty node has to sell. */
function shareOn(
  { cores, memory, nodePosition }: Inventory,
  request: Request,
  accelerators: readonly Device[],
  node: number,
): Share {
  const position = valueOf(nodePosition, node);
  const sharing = accelerators.filter((device) => device.node === node).length;
  const sold = at(cores.soldOfNode, position).length;
  const pool = poolPosition(memory, request.hugepageBytes);
  const bytes = pool < 0 ? 0 : at(at(memory.pools, position), pool).bytes;
  const granules = bytes === null ? 0 : Math.floor(bytes / granuleOf(request));
  return {
    cores: Math.floor(sold / sharing),
    granules: Math.floor(Math.max(0, granules) / sharing),
  };
}
