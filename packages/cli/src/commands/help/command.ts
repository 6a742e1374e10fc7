import { buildCommand } from "@stricli/core";
import type { CliCommand, NoFlags } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";

/** `evenkeel help CMD` for those who type it; `CMD --help` says the same. */
export const helpCommand: CliCommand = {
  name: "help",
  command: buildCommand<NoFlags, [string?], CliContext>({
    loader: async () => (await import("./run.ts")).runHelp,
    parameters: {
      flags: {},
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            optional: true,
            proposeCompletions(this: CliContext) {
              return this.commandNames;
            },
            brief: "one of the commands; without it, what all of them are",
            placeholder: "COMMAND",
          },
        ],
      },
    },
    docs: { brief: "Print what a command does, with its flags and examples" },
  }),
  description: ["The same as --help after the command."],
  examples: [
    { does: "What commands there are", lines: ["evenkeel help"] },
    { does: "One of them", lines: ["evenkeel help place"] },
  ],
};
