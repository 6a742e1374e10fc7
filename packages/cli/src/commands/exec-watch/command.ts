import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import type { ExecWatchFlags } from "./run.ts";

/** What `exec --verify` starts beside its command: `evenkeel __watch PID START MILLISECONDS`. */
export const execWatchCommand: CliCommand = {
  name: "__watch",
  command: buildCommand<ExecWatchFlags, [number, number, number], CliContext>({
    loader: async () => (await import("./run.ts")).runExecWatch,
    parameters: {
      flags: {
        verdict: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "write the Verdict document to this file",
          placeholder: "FILE",
        },
      },
      positional: {
        kind: "tuple",
        parameters: [
          { parse: Number, brief: "the process that becomes a command", placeholder: "PID" },
          { parse: Number, brief: "when it started, in clock ticks", placeholder: "START" },
          { parse: Number, brief: "when to look at it", placeholder: "MILLISECONDS" },
        ],
      },
    },
    docs: { brief: "Hold a command against its binding" },
  }),
  description: [],
  examples: [],
};
