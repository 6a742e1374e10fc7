import { at } from "../../unit/list.ts";
import { fitted, type Line, line, span, widestOf, widthOf } from "./line.ts";
import { sumOf } from "../../unit/sum.ts";

/** A frame with a title around sections of lines, separated by rules. */
export interface Box {
  readonly title: Line;
  readonly sections: readonly (readonly Line[])[];
}

/** The box as lines of that width, and of that height where its content is less. */
export function boxed(box: Box, width: number, height: number): Line[] {
  const sections = box.sections.filter((section) => section.length > 0);
  const title = fitted(box.title, Math.min(widthOf(box.title), width - 6));
  const after = "─".repeat(Math.max(0, width - 5 - widthOf(title)));
  const row = (content: Line): Line => [
    span("│ ", "frame"),
    ...fitted(content, width - 4),
    span(" │", "frame"),
  ];
  const filling = Array.from({ length: Math.max(0, height - boxHeight(box)) }, () => row([]));
  return [
    [span("╭─ ", "frame"), ...title, span(` ${after}╮`, "frame")],
    ...sections.flatMap((section, i) => [
      ...(i === 0 ? [] : [line(span(`├${"─".repeat(width - 2)}┤`, "frame"))]),
      ...section.map(row),
    ]),
    ...filling,
    line(span(`╰${"─".repeat(width - 2)}╯`, "frame")),
  ];
}

/** How wide a box must be to hold its title and its lines whole. */
export function boxWidth({ title, sections }: Box): number {
  return Math.max(widthOf(title) + 6, widestOf(sections.flat()) + 4);
}

export function boxHeight({ sections }: Box): number {
  const shown = sections.filter((section) => section.length > 0);
  return sumOf(shown, (section) => section.length) + Math.max(0, shown.length - 1) + 2;
}

/** Blocks next to each other, their tops level. */
export function beside(blocks: readonly (readonly Line[])[], gap: number): Line[] {
  const widths = blocks.map(widestOf);
  const height = Math.max(0, ...blocks.map((block) => block.length));
  return Array.from({ length: height }, (_, row) =>
    blocks.flatMap((block, i) => [
      ...(i === 0 ? [] : [span(" ".repeat(gap))]),
      ...fitted(block[row] ?? [], at(widths, i)),
    ]),
  );
}
