import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import type { VersionFlags } from "./flags.ts";

export const versionCommand: CliCommand = {
  name: "version",
  command: buildCommand<VersionFlags, [], CliContext>({
    loader: async () => (await import("./run.ts")).runVersion,
    parameters: {
      aliases: { o: "output" },
      flags: {
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: the version alone; json: also that of Node",
        },
      },
    },
    docs: { brief: "Print the version" },
  }),
  description: ["The same as evenkeel --version."],
  examples: [
    { does: "The version alone", lines: ["evenkeel version"] },
    { does: "For a report of a fault", lines: ["evenkeel version -o json"] },
  ],
};
