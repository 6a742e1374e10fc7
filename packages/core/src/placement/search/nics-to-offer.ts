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
  visit: (choice: NicChoice) => void,
): void {
  if (task.count === 0) {
    visit({ nics: [], cost: 0, extra: task.along.least(0) });
    return;
  }
  const offer = (choice: NicChoice): void => {
    task.effort.spend(workPerOffer);
    visit(choice);
  };
  switch (wanted) {
    case "first": {
      const best = chooseNics(task, open);
      if (best !== null) visit(best);
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
