import { fitted, type Line, parted, span, type Span, widthOf, wrapped } from "../line.ts";

/**
 * A drawing is a tree of blocks. Each block knows its size, paints within it, and holds its
 * children within it beside one another. So a test can check a layout by these rules, and nothing
 * overlaps unless one block is inside another. Units are pixels at the natural size of the canvas.
 */
export interface Block {
  readonly width: number;
  readonly height: number;
  /** The look of its background, or null where it has none. */
  readonly look: Look | null;
  /** What is said when one points at it. */
  readonly tooltip: string | null;
  /** What it stands for: `data-` attributes. */
  readonly about: Readonly<Record<string, string>>;
  readonly marks: readonly Mark[];
  readonly children: readonly Placed[];
}

export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly block: Block;
}

export type Mark =
  | { readonly kind: "text"; readonly y: number; readonly size: TextSize; readonly line: Line }
  | { readonly kind: "path"; readonly look: Look; readonly d: string };

/** A class of the style sheet. */
export type Look = string;

export type TextSize = 9 | 11 | 12 | 13 | 20;

export function block(
  width: number,
  height: number,
  parts: Partial<Omit<Block, "width" | "height">> = {},
): Block {
  return { width, height, look: null, tooltip: null, about: {}, marks: [], children: [], ...parts };
}

/** Widths in parts of the font size, of a wide sans serif: other fonts need less. */
function characterWidth(character: string): number {
  if (/[ilj.,:;|!'I]/.test(character)) return 0.36;
  if (/[ frt()[\]\-/]/.test(character)) return 0.42;
  if (/[mwMW@%]/.test(character)) return 0.98;
  if (/[A-Z0-9×#?]/.test(character)) return 0.7;
  if (character < "\u0250") return 0.63;
  return character >= "\u2000" && character < "\u2100" ? 1 : 1.1;
}

/** An upper bound of a text's width in the fonts that are asked for. */
export function textWidth(of: Line, size: TextSize): number {
  let width = 0;
  for (const { text, style } of of) {
    const weight = style === "title" || style === "accelerator" || style === "nic" ? 1.12 : 1;
    for (const character of text) width += characterWidth(character) * size * weight;
  }
  return Math.ceil(width);
}

export function lineHeight(size: TextSize): number {
  return Math.ceil(size * 1.45);
}

/** A line of text, cut with an ellipsis where it is wider than `most`. */
export function textBlock(of: Line, size: TextSize, most = Infinity): Block {
  const shown = cut(of, size, most);
  const cutOff = shown === of ? null : of.map(({ text }) => text).join("");
  const width = Math.min(most, textWidth(shown, size));
  return block(width, lineHeight(size), {
    tooltip: cutOff,
    marks: [{ kind: "text", y: Math.round(size * 1.06), size, line: shown }],
  });
}

/** The longest beginning that fits, found by halving. */
function cut(of: Line, size: TextSize, most: number): Line {
  if (textWidth(of, size) <= most) return of;
  let [fits, tooMany] = [0, widthOf(of)];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >>> 1;
    if (textWidth(fitted(of, middle), size) <= most) fits = middle;
    else tooMany = middle;
  }
  return fitted(of, fits);
}

/** Lines broken between their parts, at ` · `; between words, where a part is too long. */
export function paragraph(lines: readonly Line[], size: TextSize, most: number): Block {
  const characters = Math.floor(most / (size * 0.6));
  const parts = lines.flatMap((one) => parted(one, " · "));
  return column(
    wrapped(parts, " · ", characters).map((one) =>
      textWidth(one, size) > most ? wrappedText(one, size, most) : textBlock(one, size),
    ),
    0,
  );
}

/**
 * A text broken between words, on at most three lines; what is longer is cut. `2 × 100 Gb/s` is one
 * word.
 */
export function wrappedText(of: Line, size: TextSize, most: number): Block {
  const words = of.flatMap(({ text, style }) =>
    text
      .split(/(?<!×) (?!×|\S*\/s)/)
      .filter((word) => word !== "")
      .map((word) => span(word, style)),
  );
  const lines: Span[][] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined) lines.push([word]);
    else if (
      lines.length === wrappedLinesMax ||
      textWidth([...last, word], size) < most - size / 2
    ) {
      last.push(span(" "), word);
    } else lines.push([word]);
  }
  return column(
    lines.map((one) => textBlock(one, size, most)),
    0,
  );
}

const wrappedLinesMax = 3;

/** One below the other. */
export function column(blocks: readonly Block[], gap: number): Block {
  const shown = blocks.filter(({ width, height }) => width > 0 && height > 0);
  let y = 0;
  const children = shown.map((one): Placed => {
    const placed = { x: 0, y, block: one };
    y += one.height + gap;
    return placed;
  });
  const width = Math.max(0, ...shown.map((one) => one.width));
  return block(width, Math.max(0, y - gap), { children });
}

/** One beside the other, from a common top. */
export function row(blocks: readonly Block[], gap: number): Block {
  return flow(blocks, gap, Infinity);
}

/**
 * Beside one another as far as the width allows, then below; as high as the highest of each row.
 */
export function flow(blocks: readonly Block[], gap: number, most: number): Block {
  const children: Placed[] = [];
  let [x, y, high, width] = [0, 0, 0, 0];
  for (const one of blocks.filter((any) => any.width > 0 && any.height > 0)) {
    if (x > 0 && x + one.width > most) [x, y, high] = [0, y + high + gap, 0];
    children.push({ x, y, block: one });
    x += one.width + gap;
    high = Math.max(high, one.height);
    width = Math.max(width, x - gap);
  }
  return block(width, y + high, { children });
}

/** A block with a margin and a background; larger than its content where it is told to be. */
export function framed(
  content: Block,
  margin: number,
  parts: Partial<Omit<Block, "marks" | "children">>,
): Block {
  const { width = content.width + 2 * margin, height = content.height + 2 * margin } = parts;
  return block(width, height, { ...parts, children: [{ x: margin, y: margin, block: content }] });
}

/** The same block, made as high as the others of its row. */
function stretched(one: Block, height: number): Block {
  return { ...one, height: Math.max(one.height, height) };
}

/** A grid of so many columns whose rows are as high as their highest block. */
export function grid(blocks: readonly Block[], columns: number, gap: number): Block {
  const rows = Array.from({ length: Math.ceil(blocks.length / columns) }, (_, i) =>
    blocks.slice(i * columns, (i + 1) * columns),
  );
  return column(
    rows.map((cells) => {
      const height = Math.max(...cells.map((cell) => cell.height));
      return row(
        cells.map((cell) => stretched(cell, height)),
        gap,
      );
    }),
    gap,
  );
}

/** A rectangle as part of a path. */
export function rectPath(x: number, y: number, width: number, height: number): string {
  return `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`;
}

/** A coordinate with at most two decimals. */
export function short(value: number): string {
  return `${Math.round(value * 100) / 100}`;
}
