/** A text of at most `max` characters: a longer one is cut after a word and ends in `…`. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = text.lastIndexOf(" ", max - 2);
  return `${text.slice(0, end > 0 ? end : max - 2)} …`;
}
