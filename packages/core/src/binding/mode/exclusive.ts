import { orderOf, type UsableCore } from "./cores.ts";

/**
 * Divides the cores of a node among the accelerators on it: whole cores, SMT siblings together, and
 * of each class of cores as many for each accelerator, so that every share has the same mixture; a
 * remainder goes to the first accelerators, one each. Cores of one last-level cache stay together.
 *
 * Why this is right: within a class, share `i` of `n` begins where share `i - 1` ends, so shares
 * are disjoint and cover all; their sizes differ by at most one within a class. It depends on the
 * machine alone, so that two commands that know nothing of each other get different cores.
 *
 * @param count the number of shares, at least 1.
 * @returns for each accelerator its cores, those of the fastest class first.
 */
export function shares(
  cores: readonly UsableCore[],
  count: number,
): readonly (readonly UsableCore[])[] {
  const classes = [...new Set(cores.map(({ core }) => core.class))].toSorted(byClass);
  return Array.from({ length: count }, (_, position) =>
    classes.flatMap((of) => {
      const same = cores.filter(({ core }) => core.class === of).toSorted(byCache);
      const [each, rest] = [Math.floor(same.length / count), same.length % count];
      const first = position * each + Math.min(position, rest);
      return same.slice(first, first + each + (position < rest ? 1 : 0));
    }),
  );
}

/**
 * Chooses cores for a command whose share is `own`: the free ones of it, and for those that others
 * hold as many free ones of the node, the last first, which are the last to be missed.
 *
 * @param isHeld whether another command holds a core.
 * @returns as many as the share has, or all that are free.
 */
export function freeCores(
  cores: readonly UsableCore[],
  own: readonly UsableCore[],
  isHeld: (core: UsableCore) => boolean,
): readonly UsableCore[] {
  const firsts = new Set(own.map(({ first }) => first));
  const others = cores.filter(({ first }) => !firsts.has(first)).toReversed();
  return [...own, ...others].filter((core) => !isHeld(core)).slice(0, own.length);
}

/** Class 0 is the fastest; what nobody told comes last. */
function byClass(a: number | null, b: number | null): number {
  return orderOf(a) - orderOf(b);
}

function byCache(a: UsableCore, b: UsableCore): number {
  return orderOf(a.core.l3) - orderOf(b.core.l3) || a.first - b.first;
}
