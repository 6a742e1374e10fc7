/** Characters that a POSIX shell takes as they are, wherever they stand. */
const plain = /^[A-Za-z0-9_/.:=@%+,-]+$/;

/**
 * A word that a POSIX shell reads back unchanged: in single quotes unless every character is plain.
 */
export function shellWord(text: string): string {
  return plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A program and its arguments as a line for a POSIX shell. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
