/**
 * How far a search may go. Requests that real machines cannot tell apart by symmetry are few, so a
 * search ends long before this; but distances and links can be made up of which no bound says
 * enough, and an answer must come all the same. A search that runs out has found the fewest cells
 * that it could and says that a better choice of the same size was not excluded.
 */
export interface Effort {
  /** Counts one step; false once there are none left. */
  readonly spend: () => boolean;
  /** Whether every step asked for could be taken. */
  readonly sufficed: () => boolean;
}

/** Steps are 50 to 500 ns: the longest search takes a fraction of a second. */
export const effortMax = 1 << 19;

export function effort(steps = effortMax): Effort {
  let left = steps;
  return { spend: () => left-- > 0, sufficed: () => left >= 0 };
}
