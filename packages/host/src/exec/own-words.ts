import { readFileSync } from "node:fs";
import type { Variables } from "@evenkeel/core/binding/visible/variables.ts";

/**
 * The last words of this process's command line, byte for byte: Node decodes words as UTF-8, and
 * what is none, such as the name of an old file, would be another word afterwards.
 *
 * @param decoded the same words as Node has them, which count where there is no /proc.
 */
export function lastWords(decoded: readonly string[]): readonly Uint8Array[] {
  const words = textsOf("/proc/self/cmdline");
  return words?.slice(words.length - decoded.length) ?? decoded.map((word) => Buffer.from(word));
}

/**
 * The variables that this process was started with, byte for byte: `NAME=value`.
 *
 * @param decoded the same as Node has them, which count where there is no /proc.
 */
export function ownVariables(decoded: Variables): readonly Uint8Array[] {
  const own = textsOf("/proc/self/environ")?.filter(({ length }) => length > 0);
  return own ?? Object.entries(decoded).map(([name, value]) => Buffer.from(`${name}=${value}`));
}

function textsOf(path: string): readonly Uint8Array[] | null {
  try {
    return textsIn(readFileSync(path));
  } catch {
    return null;
  }
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
  const [name = ""] = Buffer.from(variable).toString("latin1").split("=", 1);
  return name;
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
