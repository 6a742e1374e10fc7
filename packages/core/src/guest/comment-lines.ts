import { wrap } from "../text/wrap.ts";

/** The most columns of a line of comment; a longer word stays whole. */
const columns = 100;

/**
 * A text as lines of comment for a shell or YAML. Whatever the text holds, it cannot end a comment.
 * A line that continues another is indented further.
 */
export function commentLines(text: string): readonly string[] {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ");
  const indent = " ".repeat(plain.length - plain.trimStart().length + 2);
  return wrap(plain, columns - 2, indent).map((line) => `# ${line}`);
}
