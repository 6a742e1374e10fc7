import { element, type XmlElement } from "../../xml/element.ts";

/** A part of a drawing with its size; it is drawn where it is put. */
export interface Piece {
  readonly width: number;
  readonly height: number;
  readonly at: (x: number, y: number) => readonly XmlElement[];
}

/** A coordinate with one decimal. */
export function coordinate(value: number): string {
  return `${Math.round(value * 10) / 10}`;
}

export function text(
  look: string,
  x: number,
  y: number,
  size: number,
  content: string,
  anchor: "start" | "middle" | "end" = "start",
): XmlElement {
  const more = anchor === "start" ? {} : { "text-anchor": anchor };
  const place = { class: look, x: coordinate(x), y: coordinate(y), "font-size": size, ...more };
  return element("text", place, [content]);
}

/** Pieces in rows that keep within a width. */
export function flowed(pieces: readonly Piece[], gap: number, width: number): Piece {
  const places: { piece: Piece; x: number; y: number }[] = [];
  let [x, y, tallest, widest] = [0, 0, 0, 0];
  for (const piece of pieces) {
    if (x > 0 && x + piece.width > width) [x, y, tallest] = [0, y + tallest + gap, 0];
    places.push({ piece, x, y });
    tallest = Math.max(tallest, piece.height);
    widest = Math.max(widest, x + piece.width);
    x += piece.width + gap;
  }
  return {
    width: widest,
    height: pieces.length === 0 ? 0 : y + tallest,
    at: (left, top) => places.flatMap(({ piece, x: dx, y: dy }) => piece.at(left + dx, top + dy)),
  };
}
