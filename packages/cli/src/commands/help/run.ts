import type { NoFlags } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";

export function runHelp(this: CliContext, _flags: NoFlags, ...words: string[]): void {
  this.surroundings.stdout.write(this.help(words.length === 0 ? null : words.join(" ")));
}
