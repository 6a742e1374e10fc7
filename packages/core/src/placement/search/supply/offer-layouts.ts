import type { Device } from "../../inventory/devices.ts";
import type { Objective } from "../../layout/layout.ts";
import { nicChoices } from "../rank/nic-choice.ts";
import type { SearchContext } from "./search-context.ts";
import { type Supply, withDevices } from "./supplies.ts";

/** What layouts are made of that have their nodes and accelerators. */
export interface LayoutsTask {
  readonly supplies: readonly Supply[];
  readonly accelerators: readonly Device[];
  /** The NICs on offer, in the order of preference among equal ones. */
  readonly nics: readonly Device[];
  /** The fabric partition that the accelerators are; null where there are none. */
  readonly partition: number | null;
  readonly objectiveOf: (cost: number, unrequestedDevices: number) => Objective;
}

/** Offers the layouts of each choice of NICs, and each way to supply the cells. */
export function offerLayouts(
  { space, model, ranked, effort }: SearchContext,
  { supplies, accelerators, nics, partition, objectiveOf }: LayoutsTask,
): void {
  const { nicOrbit } = space.inventory.symmetry;
  const positions = accelerators.map(({ position }) => position);
  const peer = model.peer(positions);
  // Without accelerators layouts come in order, and an equal one too late.
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
