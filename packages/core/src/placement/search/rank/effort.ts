/**
 * How far a search may go. Requests that real machines cannot tell apart by symmetry are few, so a
 * search ends long before this; but distances and links can be made up of which nothing is alike, and
 * an answer must come all the same. A search that runs out has found the fewest cells that it could
 * and says that a better choice was not excluded; if it has found none, that there might be one.
 *
 * Work is counted and not timed, so that the same input gives the same answer everywhere. A unit is
 * about what comparing two numbers out of arrays takes, some ten nanoseconds; whatever takes longer
 * is charged for as much.
 */
export interface Effort {
  /** Charges for some work; false once there is none left. */
  readonly spend: (units: number) => boolean;
  /** Whether all the work asked for could be done. */
  readonly sufficed: () => boolean;
  /** How much has been charged for. */
  readonly spent: () => number;
}

/** A tenth of a second at the most. */
const effortMax = 1 << 23;

export function effort(units = effortMax): Effort {
  let spent = 0;
  return {
    spend: (more) => {
      spent += more;
      return spent <= units;
    },
    sufficed: () => spent <= units,
    spent: () => spent,
  };
}
