import type { Device } from "../../inventory/devices.ts";
import type { Objective } from "../../layout/layout.ts";
import { nicChoices } from "../rank/nic-choice.ts";
import type { SearchContext } from "./search-context.ts";
import { type Supply, withDevices } from "./supplies.ts";

/** What is left to combine once nodes and accelerators are chosen. */
export interface LayoutsTask {
  readonly supplies: readonly Supply[];
  readonly accelerators: readonly Device[];
  /** The free NICs, in the order of preference among equal ones. */
  readonly nics: readonly Device[];
  /** The fabric partition of the accelerators; null where the host has none. */
  readonly partition: number | null;
  readonly objectiveOf: (cost: number, unrequestedDevices: number) => Objective;
}

/** Offers a layout for each choice of NICs with each supply of the cells. */
export function offerLayouts(
  { space, model, ranked, effort }: SearchContext,
  { supplies, accelerators, nics, partition, objectiveOf }: LayoutsTask,
): void {
  const { nicOrbit } = space.inventory.symmetry;
  const positions = accelerators.map(({ position }) => position);
  const peer = model.peer(positions);
  // Without accelerators layouts are offered in order, and an equal one comes too late.
  const beginning = positions.length === 0 ? undefined : () => positions;
  const { count } = space.request.nics;
  const task = { nicOrbit, model, accelerators, nics, count, effort };
  for (const { nics: chosen, network, unrequestedDevices } of nicChoices(task, ranked)) {
    for (const { cells, memory, hostToDevice } of supplies) {
      const objective = objectiveOf(
        model.total({ memory, hostToDevice, peer, network }),
        unrequestedDevices,
      );
      if (!ranked.couldImprove(objective, beginning)) continue;
      for (const all of withDevices(cells, accelerators, chosen, ranked.variants === "all")) {
        ranked.offer({ cells: all, partition, objective });
      }
    }
  }
}
