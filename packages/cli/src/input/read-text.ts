import { existsSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { JSON_LENGTH_MAX } from "@evenkeel/contract/limits.ts";
import { isStdinName, STANDARD_INPUT } from "@evenkeel/host/file/read-pipe.ts";
import { decodeText, readFileText } from "@evenkeel/host/file/read-file.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { isPlainSource } from "../flags/sources.ts";

/** A text that the command line names, and its name in errors. */
export interface InputText {
  readonly text: string;
  readonly where: string;
}

/** Reads a file or a pipe, or standard input where the path is `-`, as text for a document. */
export async function readText(
  path: string,
  expected: string,
  surroundings: Surroundings,
): Promise<InputText> {
  const maxBytes = JSON_LENGTH_MAX;
  if (path === "") {
    throw new EvenkeelError("usage", "the name of a file is empty", {
      expected,
      remedy: "is a variable of the shell not set?",
    });
  }
  if (!isStdinName(path)) {
    refuseMachine(path, expected);
    return { text: readFileText(path, { maxBytes, expected, pipes: true }), where: path };
  }
  const bytes = await readStdinBytes(expected, maxBytes, surroundings);
  return { text: decodeText(bytes, STANDARD_INPUT, expected), where: STANDARD_INPUT };
}

/** Refuses a machine in place of a file, unless a file has such a name. */
function refuseMachine(path: string, expected: string): void {
  if (!isPlainSource(path) || existsSync(path)) return;
  throw new EvenkeelError("file-missing", "names a machine, and no file", {
    where: path,
    expected,
    remedy: "commands that take a machine have --on or --from for it",
  });
}

/** Reads standard input to its end. Errors: `file-too-large`. */
export async function readStdinBytes(
  expected: string,
  maxBytes: number,
  surroundings: Surroundings,
): Promise<Uint8Array> {
  const bytes = await surroundings.readStdin(maxBytes);
  if (bytes === null) {
    throw new EvenkeelError("file-too-large", "it does not end", {
      where: STANDARD_INPUT,
      expected: `${expected}, of at most ${maxBytes} bytes`,
      remedy: "give the output of a command that ends",
    });
  }
  return bytes;
}

/** Refuses a command line that names standard input twice: it can be read only once. */
export function refuseTwoStdins(paths: readonly string[]): void {
  // `a=lscpu:-` names it too.
  const named = paths.map((path) => path.replace(/^(?:[a-z0-9][a-z0-9.-]*[=:]){1,2}(?=[-/])/, ""));
  if (named.filter(isStdinName).length < 2) return;
  throw new EvenkeelError("usage", "standard input is named twice", {
    expected: "at most one -",
    remedy: "write one of the two to a file",
  });
}
