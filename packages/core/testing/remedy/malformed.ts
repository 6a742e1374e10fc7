import type { Remedy } from "../../src/remedy/remedy.ts";

/** What is wrong with a remedy, for tests of everything that makes remedies: nothing, as a rule. */
export function malformed({ text, argv, when, undo }: Remedy): string[] {
  const commands = [...(argv ?? []), ...(undo ?? [])];
  return [
    ...(/^[A-Z].+\.$/.test(text) ? [] : [`not a sentence: ${text}`]),
    ...(/\b(echo|PID|DOMAIN|undefined|NaN|null)\b/.test(text) ? [`not for people: ${text}`] : []),
    ...(argv?.length === 0 || undo?.length === 0 ? ["an empty list of commands"] : []),
    ...(undo !== null && argv === null ? ["an undo of nothing"] : []),
    ...(argv !== null && when === null ? ["a command that changes no host"] : []),
    ...commands.flatMap((command) => malformedCommand(command)),
  ];
}

/** No shell reads a command, so what a shell would make of its arguments must not matter. */
function malformedCommand(command: readonly string[]): string[] {
  const [program = ""] = command;
  return [
    ...(/^[a-z][a-z0-9-]*$/.test(program) ? [] : [`not a program: ${program}`]),
    ...(["sh", "bash", "env", "sudo", "eval"].includes(program) ? [`a shell: ${program}`] : []),
    ...command
      .filter((word) => word === "" || /[<>|&;$`*?(){}\n]|undefined|null|NaN/.test(word))
      .map((word) => `not an argument: "${word}" of ${program}`),
  ];
}
