/**
 * Where JSON ends in a text that may go on with something else: the position behind the bracket
 * that closes the one at `start`; null where none does. Strings are skipped. One pass.
 */
export function jsonEnd(text: string, start: number): number | null {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (quoted) {
      if (character === "\\") i++;
      // A string of JSON ends with its line: a lone quotation mark in prose opens none.
      else if (character === '"' || character === "\n") quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") {
      depth--;
      if (depth <= 0) return i + 1;
    }
  }
  return null;
}
