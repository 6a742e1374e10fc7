import { line, span } from "../line.ts";
import type { VmMark } from "../tenancy.ts";
import { type Block, block, textBlock, textWidth } from "./block.ts";

const size = 9;
/** The height of a sign's text, and the least side of a square around it. */
export const signHeight = 14;

/** How wide the square of a sign is. */
export function signWidth({ sign }: VmMark): number {
  return Math.max(signHeight, textWidth(line(span(sign, "title")), size) + 3);
}

/** A sign's text alone, to stand on its color. */
export function signText({ sign }: VmMark): Block {
  return textBlock(line(span(sign, "title")), size);
}

/** A rectangle of a VM's color with its sign in the middle, if that has room in it. */
export function signBlock(mark: VmMark, width: number, height: number): Block {
  const text = signText(mark);
  const fits = text.width <= width && text.height <= height + 0.01;
  const place = { x: (width - text.width) / 2, y: (height - text.height) / 2, block: text };
  return block(width, height, { look: mark.style, children: fits ? [place] : [] });
}
