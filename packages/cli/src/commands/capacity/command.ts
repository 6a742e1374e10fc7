import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { policyFlag, takenFlag } from "../../flags/placement.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import type { CapacityFlags } from "./flags.ts";

export const capacityCommand: CliCommand = {
  name: "capacity",
  command: buildCommand<CapacityFlags, [], CliContext>({
    loader: async () => (await import("./run.ts")).runCapacity,
    parameters: {
      flags: {
        on: {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeSources,
          variadic: true,
          brief: "a host to count on, NAME=SRC to give it a name; repeat it for more",
          placeholder: "SRC",
        },
        taken: takenFlag,
        flavor: {
          kind: "parsed",
          parse: String,
          variadic: true,
          brief: "a file with Flavors to count; repeat it for more",
          placeholder: "FILE",
        },
        policy: policyFlag,
        restore: {
          kind: "parsed",
          parse: String,
          variadic: true,
          default: [],
          brief: "the fewest moves that give so many more slots of a flavor; repeat it for more",
          placeholder: "FLAVOR=K",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          brief: "for people, or the Capacity document",
          default: "text",
        },
      },
    },
    docs: { brief: "Count how many more VMs of each flavor fit, and say what is in the way" },
  }),
  description: [
    "The counts are exact: the most that any order and any choice of places could reach. They are " +
      "by class, for VMs that lie differently are different wares: a flavor's own class is its " +
      "signature, or else what its first VM on an empty host would get. Each count is what would " +
      "fit if nothing else came; 20+ is 20 or more, where there are too many ways to try them all.",
    "Where fewer fit than on an empty host, the smallest sets of VMs are named whose leaving would " +
      "give one more. With --restore h100.4=1 come the fewest moves of VMs, each to another host " +
      "where it lies as it does now, that would give one more slot: advice, nothing is done.",
    sourcesHelp,
    "The exit status is 3 when slots are to be restored and no moves were found that would.",
  ],
  examples: [
    {
      does: "What an empty host of a type holds",
      lines: ["evenkeel capacity --on machine:hgx-h100 --flavor flavors.yaml"],
    },
    {
      does: "What is left beside a VM",
      lines: ["evenkeel capacity --on machine:hgx-h100 --taken plan.json --flavor flavors.yaml"],
    },
    {
      does: "A fleet's, as a document for programs",
      lines: [
        "evenkeel capacity --on a=machine:hgx-h100 --on b=machine:l40s-pcie \\",
        "    --flavor flavors.yaml --policy policy.yaml --output json",
      ],
    },
  ],
};
