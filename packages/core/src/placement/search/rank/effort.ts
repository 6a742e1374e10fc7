/**
 * The limit of a search. On real machines symmetry leaves few choices, and a search ends long
 * before the limit. Invented machines may have no symmetry; the limit ends their searches too. A
 * search that reaches it returns the best layout so far and reports that a better one is not
 * excluded; or, if it has none, that there may be one.
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
