import { readFileSync } from "node:fs";

/**
 * The last words of this process's command line, byte for byte: Node decodes words as UTF-8, and
 * what is none, such as the name of an old file, would be another word afterwards.
 *
 * @param count how many words the command has.
 */
export function lastWords(count: number): readonly Uint8Array[] {
  return count === 0 ? [] : textsIn(readFileSync("/proc/self/cmdline")).slice(-count);
}

/** The variables that this process was started with, byte for byte: `NAME=value`. */
export function ownVariables(): readonly Uint8Array[] {
  return textsIn(readFileSync("/proc/self/environ")).filter(({ length }) => length > 0);
}

/** Replaces or adds variables. */
export function withVariables(
  variables: readonly Uint8Array[],
  changes: readonly { readonly name: string; readonly value: string }[],
): readonly Uint8Array[] {
  const names = new Set(changes.map(({ name }) => name));
  const kept = variables.filter((one) => !names.has(nameOf(one)));
  return [...kept, ...changes.map(({ name, value }) => Buffer.from(`${name}=${value}`))];
}

function nameOf(variable: Uint8Array): string {
  const text = Buffer.from(variable).toString("latin1");
  return text.slice(0, text.indexOf("="));
}

/** Texts that each end in a zero. */
function textsIn(bytes: Buffer): readonly Uint8Array[] {
  const texts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    texts.push(bytes.subarray(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  return texts;
}
