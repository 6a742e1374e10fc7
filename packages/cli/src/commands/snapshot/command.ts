import { buildCommand } from "@stricli/core";
import type { CliCommand, NoFlags } from "../../command.ts";
import type { CliContext } from "../../context.ts";

export const snapshotCommand: CliCommand = {
  name: "snapshot",
  command: buildCommand<NoFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runSnapshot,
    parameters: {
      flags: {},
      positional: {
        kind: "tuple",
        parameters: [
          { parse: String, brief: "the archive to write, such as host7.tar", placeholder: "FILE" },
        ],
      },
    },
    docs: { brief: "Record this machine, to look at it elsewhere or later" },
  }),
  description: [
    "The archive holds those files of /sys and /proc that say what the machine is, and nothing " +
      "that runs on it. Any command reads it again as sysfs:FILE.",
  ],
  examples: [
    { does: "Record this machine", lines: ["evenkeel snapshot host7.tar"] },
    { does: "Look at it elsewhere", lines: ["evenkeel topology --from sysfs:host7.tar"] },
  ],
};
