/** A text of at most `max` characters: cut after a word, and marked as cut, where it is longer. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = text.lastIndexOf(" ", max - 2);
  return `${text.slice(0, end > 0 ? end : max - 2)} …`;
}
