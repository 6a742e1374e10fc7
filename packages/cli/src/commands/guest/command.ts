import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { type GuestFlags, type GuestTask, tasks } from "./flags.ts";

function parseTask(input: string): GuestTask {
  const task = tasks.find((name) => name === input);
  if (task !== undefined) return task;
  const near = didYouMean(input, tasks);
  throw new EvenkeelError("usage", `evenkeel guest has no task ${JSON.stringify(input)}`, {
    expected: `one of ${tasks.join(", ")}`,
    ...(near !== null && { remedy: `did you mean ${near}?` }),
  });
}

export const guestCommand: CliCommand = {
  name: "guest",
  command: buildCommand<GuestFlags, [GuestTask], CliContext>({
    loader: async () => (await import("./run.ts")).runGuest,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: parseTask,
            brief:
              "check (hold the guest against the contract), report (what the guest sees) or " +
              "script (for guests without Node)",
            placeholder: "TASK",
          },
        ],
      },
      flags: {
        contract: {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "FILE",
          brief: "the contract, where the guest's kernel does not show it; - is standard input",
        },
        root: {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "DIR",
          brief: "the folder with /proc and /sys, if not /",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: for people; json: the Verdict document",
        },
      },
    },
    docs: { brief: "Inside a VM: check that the guest sees what its contract promises" },
  }),
  description: [
    "check compares the guest's nodes, distances, devices and NCCL file with the contract " +
      "that QEMU passes to it. report prints what the guest sees, as the GuestReport document. " +
      "script prints a shell script that reports the same from guests without Node, for " +
      "`evenkeel verify --guest-report` on the host.",
    "The exit status of check is 0 where the guest sees what was promised and 3 where it does " +
      "not.",
  ],
  examples: [
    { does: "What this guest sees", lines: ["evenkeel guest report > guest.json"] },
    { does: "From a guest without Node", lines: ["evenkeel guest script | sh > guest.txt"] },
    {
      does: "Against a contract in a file",
      lines: ["evenkeel guest check --contract contract.json"],
    },
  ],
};
