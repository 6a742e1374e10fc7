/**
 * Characters that move a terminal's cursor, change its colors or reorder what it shows. Texts from
 * machines and archives may hold them, by accident or on purpose; line feeds among them.
 */
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** The text with every such character replaced by one that stands for it. */
export function visible(text: string): string {
  return text.replace(hidden, "\uFFFD");
}

/** Whether a value holds such a character in any of its texts, names of fields aside. */
export function hasHidden(value: unknown): boolean {
  if (typeof value === "string") return visible(value) !== value;
  if (value === null || typeof value !== "object") return false;
  return Object.values(value).some(hasHidden);
}
