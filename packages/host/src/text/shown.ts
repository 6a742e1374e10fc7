/**
 * Makes an untrusted text safe to show in a document: at most `max` characters, without control
 * characters for terminals; null where nothing is left. The names of threads, files and devices can
 * be chosen by anybody.
 */
export function shown(text: string, max: number): string | null {
  const clean = text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "\uFFFD")
    .trim();
  if (clean === "") return null;
  return clean.length > max ? `${clean.slice(0, max - 1)}…` : clean;
}
