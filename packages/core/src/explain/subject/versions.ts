/**
 * Compares two versions as people number them: below zero where the first is the older. Numbers
 * count as numbers, whatever separates them; a version that goes on is the newer.
 */
export function byVersion(a: string, b: string): number {
  const [own, others] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < Math.max(own.length, others.length); i++) {
    const [one, other] = [own[i], others[i]];
    if (one === undefined || other === undefined) return own.length - others.length;
    if (one !== other) {
      return typeof one === "number" && typeof other === "number"
        ? one - other
        : `${one}` < `${other}`
          ? -1
          : 1;
    }
  }
  return 0;
}

/** `6.1.0-38-amd64` as 6, 1, 0, 38, `amd`, 64. */
function partsOf(version: string): readonly (number | string)[] {
  return (version.match(/\d{1,15}|[a-z]+/gi) ?? []).map((part) =>
    /^\d/.test(part) ? Number(part) : part,
  );
}
