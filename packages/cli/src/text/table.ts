/** How a column is aligned. */
export type Align = "left" | "right";

/**
 * Rows with their columns aligned, two spaces between them and none at the end. Cells are plain
 * text without color, whose width is its length.
 */
export function table(rows: readonly (readonly string[])[], align: readonly Align[]): string[] {
  const widths = align.map((_, column) =>
    Math.max(0, ...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        return align[column] === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

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

/** Lines with a label before the first, and the others indented to its width. */
export function hanging(label: string, lines: readonly string[]): string[] {
  const blank = " ".repeat(label.length);
  return lines.map((line, i) => `${i === 0 ? label : blank}${line}`.trimEnd());
}
