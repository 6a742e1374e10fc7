import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeRecorded } from "../../flags/vm-names.ts";
import type { ConsoleFlags } from "./flags.ts";

export const consoleCommand: CliCommand = {
  name: "console",
  command: buildCommand<ConsoleFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runConsole,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            proposeCompletions: proposeRecorded,
            brief: "its name as in evenkeel list, without the tenant, or in libvirt; or its UUID",
            placeholder: "VM",
          },
        ],
      },
      flags: {
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: as it was written; json: the VM and its text, in one string",
        },
      },
    },
    docs: { brief: "Print what the guest has written to its serial console" },
  }),
  description: [
    "For VMs that were started with --via qemu. QEMU keeps the last MiB in memory, and nothing on " +
      "a disk. What was printed is not printed again: each call continues where the last one " +
      "ended. Control characters are escaped, because a guest may write anything.",
  ],
  examples: [
    { does: "What it has written so far", lines: ["evenkeel console llm-a"] },
    {
      does: "The start of a VM, in a file",
      lines: [
        "evenkeel run vm.yaml --via qemu --kernel vmlinuz",
        "evenkeel console llm-a > boot.log",
      ],
    },
  ],
};
