import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { buildCommand } from "@stricli/core";
import type { CliCommand, NoFlags } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { type Shell, shells } from "./flags.ts";

function parseShell(input: string): Shell {
  const shell = shells.find((known) => known === input);
  if (shell !== undefined) return shell;
  const near = didYouMean(input, shells);
  throw new EvenkeelError("usage", `SHELL is ${JSON.stringify(input)}`, {
    expected: `one of ${shells.join(", ")}`,
    remedy: near === null ? "see evenkeel completion --help" : `did you mean ${near}?`,
  });
}

export const completionCommand: CliCommand = {
  name: "completion",
  command: buildCommand<NoFlags, [Shell], CliContext>({
    loader: async () => (await import("./run.ts")).runCompletion,
    parameters: {
      flags: {},
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: parseShell,
            proposeCompletions: () => shells,
            brief: `one of ${shells.join(", ")}`,
            placeholder: "SHELL",
          },
        ],
      },
    },
    docs: { brief: "Print a script that completes evenkeel's commands in your shell" },
  }),
  description: ["The script asks evenkeel itself, so it stays correct when evenkeel is updated."],
  examples: [
    {
      does: "In bash, for this session (put it into ~/.bashrc to keep it)",
      lines: ['eval "$(evenkeel completion bash)"'],
    },
    {
      does: "In zsh, from a folder of your fpath",
      lines: ["evenkeel completion zsh > _evenkeel"],
    },
    {
      does: "In fish, from ~/.config/fish/completions",
      lines: ["evenkeel completion fish > evenkeel.fish"],
    },
  ],
};
