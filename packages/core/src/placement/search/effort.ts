import type { Space } from "../space/space.ts";

/**
 * How far a search may go. Requests that real machines cannot tell apart by symmetry are few, so a
 * search ends long before this; but distances and links can be made up of which no bound says
 * enough, and an answer must come all the same. A search that runs out has found the fewest cells
 * that it could and says that a better choice was not excluded; if it has found none, that there
 * might be one.
 *
 * Work is counted and not timed, so that the same input gives the same answer everywhere. A unit is
 * about what comparing two numbers out of arrays takes, some ten nanoseconds; whatever takes longer
 * is charged for as much.
 */
export interface Effort {
  /** Charges for some work; false once there is none left. */
  readonly spend: (units?: number) => boolean;
  /** Something has been found: what is left of the effort is to find something better. */
  readonly found: () => void;
  /** Whether all the work asked for could be done. */
  readonly sufficed: () => boolean;
  /** How much has been charged for. */
  readonly spent: () => number;
}

/** Some tenths of a second at the most. */
const effortMax = 1 << 23;

/** The same for all work that is done before and after something has been found. */
export function effort(units = effortMax, onceFound = units): Effort {
  let spent = 0;
  let limit = units;
  return {
    spend: (more = 1) => {
      spent += more;
      return spent <= limit;
    },
    found: () => void (limit = Math.min(limit, onceFound)),
    sufficed: () => spent <= limit,
    spent: () => spent,
  };
}

/** A machine of which most requests are decided in some ten microseconds. */
const smallMax = { nodes: 8, accelerators: 16 } as const;

/** Somewhat less than a millisecond in all. */
const effortOnSmall = 70_000;

/**
 * For a request that is judged by its objective alone. On a small machine, once a place is known for
 * it, whatever could make that better is looked for within a millisecond. No machine that exists is
 * known to need as much (`test/exactness`). A place is not given up so soon: until there is one, the
 * search goes on as on any machine.
 */
export function effortOn({ nodes, accelerators }: Space): Effort {
  const isSmall = nodes.length <= smallMax.nodes && accelerators.length <= smallMax.accelerators;
  return isSmall ? effort(effortMax, effortOnSmall) : effort();
}
