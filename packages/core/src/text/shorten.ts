/**
 * A text of at most so many characters. A longer one ends after a word, with an ellipsis; one that
 * has no blank in its last third ends within a word.
 */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const room = text.slice(0, most - 1);
  const endsWord = text.charAt(most - 1) === " ";
  const blank = endsWord ? room.length : room.lastIndexOf(" ");
  const kept = blank > (most * 2) / 3 ? room.slice(0, blank) : withoutHalf(room);
  return `${kept.replace(/[\s,;:]+$/, "")}…`;
}

/** A character beyond the first plane is two units, and half of one is none. */
function withoutHalf(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}
