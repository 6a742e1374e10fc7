/**
 * The limit of a search. Symmetry leaves few choices on real machines, so a search ends long before
 * it; but distances and links can be made up that have no symmetry, and an answer must come all the
 * same. A search that reaches the limit has found the fewest cells that it could, and reports that
 * a better choice was not excluded; if it has found none, that there might be one.
 *
 * Work is counted and not timed, so that the same input gives the same answer everywhere. A unit is
 * about the time to compare two numbers out of arrays, some ten nanoseconds; longer work is charged
 * in proportion.
 */
export interface Effort {
  /** Charges for some work; false once the limit is exceeded. */
  readonly spend: (units: number) => boolean;
  /** Whether all the work so far was within the limit. */
  readonly sufficed: () => boolean;
  /** All the work charged so far. */
  readonly spent: () => number;
}

/** At most a tenth of a second. */
const effortMax = 1 << 23;

/** A new limit of effort, in units. */
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
