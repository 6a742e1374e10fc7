/** How many of several hosts, or VMs, are named. */
const namedMax = 3;

/** `a`, `a and b`, `a, b, c and 17 more`. */
export function namesText(names: readonly string[]): string {
  const more = names.length - namedMax;
  const shown = more > 1 ? [...names.slice(0, namedMax), `${more} more`] : names;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
}
