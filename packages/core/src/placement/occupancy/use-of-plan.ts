import { indices } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { at } from "../../unit/list.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { poolPosition } from "../inventory/memory.ts";
import { functionsOf, isHugepage, type Plan } from "../../plan/plan.ts";
import type { Floating, Use } from "./occupancy.ts";

/** What a plan takes of the machine, without what the machine does not have. */
export function useOfPlan({ cores, memory, devices, nodePosition }: Inventory, plan: Plan): Use {
  const vcpus = plan.cells.flatMap((cell) => cell.vcpus);
  const lists = Map.groupBy(
    vcpus.flatMap((vcpu) => ("cpus" in vcpu ? [vcpu.cpus] : [])),
    (list) => list,
  );
  const floating = [...lists].map(([list, { length }]): Floating => ({
    cpus: setOf(list),
    vcpus: length,
  }));
  const pinned = vcpus.flatMap((vcpu) => ("cpu" in vcpu ? [vcpu.cpu] : []));
  const cpus = [...pinned, ...floating.flatMap((entry) => indices(entry.cpus))];
  const held = [...new Set(cpus.flatMap((cpu) => cores.ofCpu.get(cpu) ?? []))];
  const ofMemory = plan.cells.flatMap((cell) => {
    const size = isHugepage(cell.pageBytes) ? cell.pageBytes : null;
    const pool = poolPosition(memory, size);
    return cell.memoryOnNodes.flatMap(({ node, bytes }) => {
      const position = nodePosition.get(node);
      return position === undefined ? [] : [{ node: position, pool, bytes }];
    });
  });
  const functions = plan.devices.flatMap(functionsOf);
  return {
    isolation: plan.isolation,
    cores: held,
    nodes: [
      ...new Set([
        ...held.map((position) => at(cores.all, position).node),
        ...ofMemory.map(({ node }) => node),
      ]),
    ],
    memory: ofMemory.filter(({ pool }) => pool >= 0),
    deviceGroups: [...new Set(functions.flatMap((address) => devices.groupOf.get(address) ?? []))],
    floating,
  };
}
