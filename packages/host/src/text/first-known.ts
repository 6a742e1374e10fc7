/**
 * The facts of two records of one thing: those of the first, and where they are null those of the
 * second. Records of one kind have the same fields.
 */
export function firstKnown<T extends object>(first: T, second: T): T {
  const known = { ...first };
  for (const name in known) known[name] ??= second[name];
  return known;
}
