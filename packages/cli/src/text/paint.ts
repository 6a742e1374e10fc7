import { styleText } from "node:util";
import { styled } from "./terminal-text.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Colors a text for a terminal, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  return color
    ? (style, text) => paintedWith(styleText(style, "\n", { validateStream: false }), text)
    : (_style, text) => text;
}

/** Only the escapes around the text become marks: the text may be anybody's. */
function paintedWith(pattern: string, text: string): string {
  const [before = "", after = ""] = pattern.split("\n");
  return `${styled(before)}${text}${styled(after)}`;
}
