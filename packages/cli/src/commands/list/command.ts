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
      aliases: { o: "output" },
      flags: {
        state: stateFlag,
        wide: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief:
            "every VM and every column: processes, CPUs, isolation, all addresses, since when, UUIDs",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: a table; json: every VM with its Instance",
        },
      },
    },
    docs: { brief: "List the virtual machines of this host, and where they lie" },
  }),
  description: [
    "VMs that Evenkeel did not start are listed too, with what their processes hold. Where the " +
      "records and the host disagree, for example about who has a CPU, the list says so. " +
      "A start or stop that was cut off is reported; the next run or adopt, or a " +
      "stop of it, undoes or completes it. Listing changes nothing, and does not wait for another command.",
    "A terminal shows the first 40 VMs and says how many more there are, --wide shows all. In a " +
      "pipe and as JSON the list is whole.",
    "The exit status is 2 where a file of the state folder cannot be used. The other VMs are " +
      "still listed.",
  ],
  examples: [
    { does: "Every VM on this host", lines: ["evenkeel list"] },
    { does: "With all that a row may hold", lines: ["evenkeel list --wide"] },
    { does: "The same with their plans, for a program", lines: ["evenkeel list --output json"] },
  ],
};
