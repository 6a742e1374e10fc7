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

/** Lines with a label before the first, and the others indented to its width. */
export function hanging(label: string, lines: readonly string[]): string[] {
  const blank = " ".repeat(label.length);
  return lines.map((line, i) => `${i === 0 ? label : blank}${line}`.trimEnd());
}
