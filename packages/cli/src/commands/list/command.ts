import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { stateFlag } from "../../flags/state.ts";
import type { ListFlags } from "./flags.ts";

export const listCommand: CliCommand = {
  name: "list",
  command: buildCommand<ListFlags, [], CliContext>({
    loader: async () => (await import("./run.ts")).runList,
    parameters: {
      flags: {
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "a table, or every VM with its Instance",
        },
      },
    },
    docs: { brief: "Show the virtual machines of this host, and where they lie" },
  }),
  description: [
    "VMs that libvirt runs and Evenkeel has neither started nor adopted are listed as well: what they " +
      "hold is not known. A start or stop that was cut off is undone first.",
    "The exit status is 2 where a file of the state folder cannot be used; the others are still listed.",
  ],
  examples: [
    { does: "Every VM on this host", lines: ["evenkeel list"] },
    { does: "Their plans, for a program", lines: ["evenkeel list --output json"] },
  ],
};
