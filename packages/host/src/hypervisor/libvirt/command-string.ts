/**
 * Several commands of virsh as the one argument that virsh divides itself (virsh(1),
 * COMMAND_STRING). No shell sees it. Each word stands in single quotes, within which virsh takes
 * every character for itself, so no word ends its command or begins another, whoever chose it.
 *
 * Throws for a word that cannot stand in quotes: with a quotation mark, or with anything that is no
 * printable ASCII.
 */
export function commandString(commands: readonly (readonly string[])[]): string {
  return commands.map((words) => words.map(quoted).join(" ")).join("; ");
}

function quoted(word: string): string {
  if (/^[ -&(-~]*$/.test(word)) return `'${word}'`;
  throw new Error(`virsh takes no word such as ${JSON.stringify(word)}`);
}

/** JSON of characters that can stand in quotes alone: all others are written by their numbers. */
export function quotableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -&(-~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
