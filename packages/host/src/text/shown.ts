/**
 * A text of somebody else's as it may stand in a document: at most so long, and without what would command
 * a terminal; null where nothing is left. Anybody may choose the name of a thread, a file or a device.
 */
export function shown(text: string, max: number): string | null {
  const clean = text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "\uFFFD")
    .trim();
  if (clean === "") return null;
  return clean.length > max ? `${clean.slice(0, max - 1)}…` : clean;
}
