import { styled } from "./terminal-text.ts";

/**
 * The numbers that turn a style on and off (ECMA-48, Select Graphic Rendition). Node's `styleText`
 * has them too, but importing `node:util` makes a stream of standard error, which sets the pipe
 * behind it to non-blocking for everybody who has it open.
 */
const numbers = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof numbers;

/** Colors a text for a terminal, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  return color ? painted : (_style, text) => text;
}

/** Only the escapes around the text become marks: the text may be anybody's. */
function painted(style: Style, text: string): string {
  const [on, off] = numbers[style];
  return `${styled(`\u001b[${on}m`)}${text}${styled(`\u001b[${off}m`)}`;
}
