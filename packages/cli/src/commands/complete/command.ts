import { buildCommand } from "@stricli/core";
import type { CliCommand, NoFlags } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";

/** The command that completion scripts run: `evenkeel __complete -- WORD…`, the last unfinished. */
export const completeCommand: CliCommand = {
  name: "__complete",
  command: buildCommand<NoFlags, string[], CliContext>({
    loader: async () => (await import("./run.ts")).runComplete,
    parameters: {
      flags: {},
      positional: {
        kind: "array",
        parameter: { parse: String, brief: "the words so far", placeholder: "WORD" },
      },
    },
    docs: { brief: "Propose how a command line goes on" },
  }),
  description: [],
  examples: [],
};
