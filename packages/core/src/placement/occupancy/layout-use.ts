import { indices } from "../../set/index-set.ts";
import { poolPosition } from "../inventory/memory.ts";
import { nameCores, namePools } from "../name-cores.ts";
import type { LayoutCell } from "../search/layout.ts";
import type { Space } from "../space/space.ts";
import type { Floating, Use } from "./occupancy.ts";

/** What a layout takes of its host: exactly what the plan made from it will (`plan-use.ts`). */
export function useOfLayout(space: Space, layout: readonly LayoutCell[]): Use {
  const { request, inventory, granuleBytes } = space;
  const at = (node: number): number => inventory.nodePosition.get(node) ?? -1;
  const pool = poolPosition(inventory.memory, request.hugepageBytes);
  const granules = layout.flatMap((cell) => cell.granules);
  const memory = granules.map(({ node, count }) => ({
    node: at(node),
    pool,
    bytes: count * granuleBytes,
  }));
  const floating = request.isolation === "shared" ? floatingOf(space, layout) : [];
  const cores =
    request.isolation === "shared"
      ? floating.flatMap(({ cpus }) => indices(cpus).map((cpu) => inventory.cores.ofCpu.get(cpu)))
      : pinnedCores(space, layout);
  const held = [...new Set(cores)].flatMap((core) => core ?? []);
  const devices = layout.flatMap((cell) => [...cell.accelerators, ...cell.nics]);
  const computing = held.flatMap((core) => inventory.cores.all[core]?.node ?? []);
  return {
    isolation: request.isolation,
    cores: held,
    nodes: [...new Set([...computing, ...memory.map(({ node }) => node)])],
    memory,
    deviceGroups: [...new Set(devices.map((device) => device.group))],
    floating,
  };
}

/** Whole cores may hold more threads than were asked for: no core is left without a vCPU by that. */
function pinnedCores(space: Space, layout: readonly LayoutCell[]): number[] {
  return nameCores(space, layout).flatMap((cores) => cores.map((core) => core.position));
}

function floatingOf(space: Space, layout: readonly LayoutCell[]): Floating[] {
  const pools = namePools(space, layout);
  const vcpus = new Map<number, number>();
  for (const { node, count } of layout.flatMap((cell) => cell.units)) {
    vcpus.set(node, (vcpus.get(node) ?? 0) + count);
  }
  return [...vcpus].flatMap(([node, count]) => {
    const cpus = pools.get(node);
    return cpus === undefined ? [] : [{ cpus, vcpus: count }];
  });
}
