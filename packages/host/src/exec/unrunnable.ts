import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { findProgram, type FoundProgram } from "./find-program.ts";

/** What to say of a command that cannot be run. */

/** Of one that was not found, or is none that may be run. */
export function notFound(
  name: string,
  found: Exclude<FoundProgram, { kind: "found" }>,
): EvenkeelError {
  const expected = "the path of a program, or the name of one in PATH";
  if (found.kind === "not-runnable") {
    const remedy = "make it a program (chmod +x), or name its interpreter: python3 FILE";
    const message = `${found.path} may not be run`;
    return new EvenkeelError("command-unrunnable", message, { expected, remedy });
  }
  const message = `there is no program ${JSON.stringify(name)}`;
  return new EvenkeelError("command-unrunnable", message, { expected, remedy: whereElse(name) });
}

function whereElse(name: string): string {
  if (name.startsWith("-")) return "write evenkeel's flags before --, and the command behind it";
  if (name !== "" && !name.includes("/") && findProgram(`./${name}`, "").kind === "found") {
    return `write ./${name}: the current folder is not in PATH`;
  }
  return "see to its spelling, that it is installed, and that its folder is in PATH";
}

/** Of one that the kernel does not start. */
export function notRun(path: string, why: string): EvenkeelError {
  const expected = "a program of this machine, and the interpreter that it names";
  const remedy = remedies.get(why) ?? `look what it is: file ${path}`;
  const message = `${path} cannot be run (${why})`;
  return new EvenkeelError("command-unrunnable", message, { expected, remedy });
}

/** By the error of execve(2). */
const remedies: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "install the interpreter that its first line names, or name another: sh FILE"],
  ["E2BIG", "give it fewer or shorter words and variables than the kernel takes"],
]);
