import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeAnyVm } from "../../flags/vm-names.ts";
import type { WhyFlags } from "./flags.ts";

/** `20%`, `20 %`, `0.2` or `1.2x`, as a share: 0.2. */
function parseGap(input: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,6}(?:\.\d{1,6})?)\s?(%|x?)$/.exec(input) ?? [];
  const value = digits === "" ? Number.NaN : Number(digits);
  const share = unit === "%" ? value / 100 : unit === "x" ? value - 1 : value;
  if (share >= 0 && share <= 1000) return share;
  throw new EvenkeelError("usage", `--gap is ${JSON.stringify(input)}`, {
    expected: "how much slower one is than the other: 20%, or 1.2x",
    remedy: "write, for example, --gap 20%",
  });
}

const subject = (placeholder: string) => ({
  parse: String,
  proposeCompletions: proposeAnyVm,
  brief: "a VM's name, a PID, container:ID, or the file of a record",
  placeholder,
});

export const whyCommand: CliCommand = {
  name: "why",
  command: buildCommand<WhyFlags, [string, string], CliContext>({
    loader: async () => (await import("./run.ts")).runWhy,
    parameters: {
      aliases: { o: "output" },
      positional: { kind: "tuple", parameters: [subject("A"), subject("B")] },
      flags: {
        gap: {
          kind: "parsed",
          parse: parseGap,
          optional: true,
          placeholder: "N%",
          brief: "how much slower one is by your own measurement: 20%, or 1.2x",
        },
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json", "html"],
          default: "text",
          brief: "text: one screen; json: the Explanation; html: one page with pictures",
        },
      },
    },
    docs: { brief: "Say why one VM or process is slower than its twin" },
  }),
  description: [
    "Compares two VMs, processes or containers, here or from records of any machine, and lists " +
      "what sets them apart: what costs most first, each with what was found, what was expected, " +
      "its price where there is one, and what to do. No plan is needed, nothing need have been " +
      "started by Evenkeel, and reading changes nothing.",
    "Two records of one VM, from a time when it was fast and one when it was slow, are two; the " +
      "same record or the same process twice is refused.",
    "Digits are a PID, and a word with / or ending in .json is the file of a record that " +
      "`evenkeel evidence` wrote.",
    "Where nothing sets the two apart, the answer is that placement does not explain it, with " +
      "what was looked at, what could not be, and what to look at next. With --gap the measured " +
      "difference is split into what is explained and what is not.",
  ],
  examples: [
    { does: "Two VMs of this host", lines: ["evenkeel why llm-a llm-b"] },
    {
      does: "Two machines, and a page for the ticket",
      lines: [
        "evenkeel evidence llm-a > a.json",
        "evenkeel why a.json b.json --gap 20% --output html > why.html",
      ],
    },
  ],
};
