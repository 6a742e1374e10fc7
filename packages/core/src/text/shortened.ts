/** A text of at most `max` characters: cut after a word, and marked as cut, where it is longer. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 2);
  const end = kept.lastIndexOf(" ");
  return `${end > 0 ? kept.slice(0, end) : kept} …`;
}
