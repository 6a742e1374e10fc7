/**
 * Characters that no document may contain: they move the cursor of a terminal, change its colors or
 * reorder its text, line feeds included. Machines and archives may have them in names.
 */
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** The text with each of these characters replaced by U+FFFD. */
export function visible(text: string): string {
  return text.replace(hidden, "\uFFFD");
}

/** Whether any text in a value contains such a character. Names of fields do not count. */
export function hasHidden(value: unknown): boolean {
  if (typeof value === "string") return visible(value) !== value;
  if (value === null || typeof value !== "object") return false;
  return Object.values(value).some(hasHidden);
}
