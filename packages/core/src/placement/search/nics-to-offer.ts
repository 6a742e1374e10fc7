import type { Device } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import {
  chooseNics,
  type NicChoice,
  type NicsOpen,
  type NicTask,
  sameToAll,
  visitEqualNics,
  visitNicSets,
} from "./nic-choice.ts";
import type { Ranking } from "./ranking.ts";

/** What offering one more layout of the same accelerators and nodes takes, in units of effort. */
const workPerOffer = 500;

/** Shows the choices of NICs that a ranking wants offered for the same accelerators and nodes. */
export function visitNics(
  { nics: wanted }: Ranking,
  inventory: Inventory,
  task: NicTask,
  open: NicsOpen,
  visit: (nics: readonly Device[]) => void,
): void {
  if (task.count === 0) {
    visit([]);
    return;
  }
  const offer = ({ nics }: NicChoice): void => {
    task.effort.spend(workPerOffer);
    visit(nics);
  };
  switch (wanted) {
    case "first": {
      const best = chooseNics(task, open);
      if (best !== null) visit(best.nics);
      return;
    }
    case "equal":
      visitEqualNics(task, () => sameToAll(inventory, task.nics), open, offer);
      return;
    case "any":
      visitNicSets(task, () => sameToAll(inventory, task.nics), open, offer);
      return;
  }
}
