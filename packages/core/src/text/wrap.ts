/**
 * Breaks a text into lines of at most `width`, and indents all but the first. Lines end at blanks
 * and after the commas of lists; a longer word stays whole.
 */
export function wrap(text: string, width: number, indent = ""): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.split(/(?<=[ ,])/)) {
    if (`${line}${piece}`.trimEnd().length > width && line.trim() !== "") {
      lines.push(line.trimEnd());
      line = `${indent}${piece.trimStart()}`;
    } else line += piece;
  }
  return [...lines, line.trimEnd()];
}
