import { buildCommand } from "@stricli/core";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeRecorded } from "../../flags/vm-names.ts";
import type { StopFlags } from "./flags.ts";

const SECONDS_MAX = 86_400;

function parseSeconds(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= SECONDS_MAX) return Number(text);
  throw new EvenkeelError("usage", `--timeout is ${JSON.stringify(text)}`, {
    expected: `a whole number of seconds, at most ${SECONDS_MAX}`,
    remedy: "write, for example, --timeout 60",
  });
}

export const stopCommand: CliCommand = {
  name: "stop",
  command: buildCommand<StopFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runStop,
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
        timeout: {
          kind: "parsed",
          parse: parseSeconds,
          default: "120",
          placeholder: "SECONDS",
          brief: "how long the guest has to shut down",
        },
        force: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "end the VM when that time is over",
        },
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: a sentence; json: the VM and what became of it",
        },
      },
    },
    docs: { brief: "Shut a virtual machine down, and free all that it had" },
  }),
  description: [
    "The guest is asked to shut down by its power button (ACPI). Afterwards the host is as it " +
      "was before the start: memory and huge pages are free, and devices have the drivers that " +
      "they had.",
    "A guest that takes longer than a second is reported, with how long it is waited for.",
    "The definition of an adopted VM stays in libvirt.",
    "The exit status is 3 where the guest did not shut down in time. It still runs then.",
  ],
  examples: [
    { does: "Shut it down", lines: ["evenkeel stop llm-a"] },
    {
      does: "End it after ten seconds, whatever it does",
      lines: ["evenkeel stop llm-a --timeout 10 --force"],
    },
  ],
};
