import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import type { SnapshotFlags } from "./flags.ts";

export const snapshotCommand: CliCommand = {
  name: "snapshot",
  command: buildCommand<SnapshotFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runSnapshot,
    parameters: {
      aliases: { o: "output" },
      flags: {
        "with-serials": {
          kind: "boolean",
          brief: "record serial numbers and hardware addresses too",
          default: false,
          withNegated: false,
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: what was written; json: the same, for a program",
        },
      },
      positional: {
        kind: "tuple",
        parameters: [
          { parse: String, brief: "the archive to write, such as host7.tar", placeholder: "FILE" },
        ],
      },
    },
    docs: { brief: "Record this machine, to read it elsewhere or later" },
  }),
  description: [
    "The archive holds the files of /sys and /proc that describe the machine, and the output " +
      "of its GPU tools. It holds nothing about what runs there. Any command reads it again as " +
      "sysfs:FILE.",
    "Serial numbers, UUIDs of the machine and hardware addresses are left out unless --with-" +
      "serials is given.",
  ],
  examples: [
    { does: "Record this machine", lines: ["evenkeel snapshot host7.tar"] },
    {
      does: "With its serial numbers, for an inventory",
      lines: ["evenkeel snapshot host7.tar --with-serials"],
    },
    { does: "Read it elsewhere", lines: ["evenkeel topology --from sysfs:host7.tar"] },
  ],
};
