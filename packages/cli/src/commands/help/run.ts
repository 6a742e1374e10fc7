import type { NoFlags } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";

export function runHelp(this: CliContext, _flags: NoFlags, name?: string): void {
  this.surroundings.stdout.write(this.help(name ?? null));
}
