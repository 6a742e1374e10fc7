import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { askedVm, flavorFlag, policyFlag, takenFlag } from "../../flags/placement.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import type { PlaceFlags } from "./flags.ts";

export const placeCommand: CliCommand = {
  name: "place",
  command: buildCommand<PlaceFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runPlace,
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [askedVm],
      },
      flags: {
        on: {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeSources,
          variadic: true,
          brief: "a host to try, NAME=SRC to give it a name; repeat it for more",
          placeholder: "SRC",
        },
        taken: takenFlag,
        flavor: flavorFlag,
        policy: policyFlag,
        "away-from": {
          kind: "parsed",
          parse: String,
          variadic: true,
          default: [],
          brief: "a VM to keep away from: no host that has it is taken; repeat it for more",
          placeholder: "NAME",
        },
        spread: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "of equally good hosts take the one with the most room",
        },
        output: {
          kind: "enum",
          values: ["text", "json", "libvirt"],
          brief: "for people, the Plan or Refusal document, or libvirt's domain XML",
          default: "text",
        },
      },
    },
    docs: { brief: "Decide where a virtual machine goes, or say why it goes nowhere" },
  }),
  description: [
    "The answer is exact and repeatable: the best placement on the hosts given, with its reasons, " +
      "or a refusal with every cause on every host and the smallest changes that would make it fit.",
    "Of equally good places the one is taken that leaves most of the flavors given to sell, and the " +
      "plan says what it costs them. Without flavors that is one accelerator of each model with its " +
      "even share of cores and memory: a VM of CPUs alone leaves their nodes when it can. Of several " +
      "hosts the plan says why it is this one.",
    sourcesHelp,
    "The exit status is 0 for a plan and 3 for a refusal.",
  ],
  examples: [
    {
      does: "Place a VM on a type of machine from the catalog",
      lines: ["evenkeel place vm.yaml --on machine:hgx-h100"],
    },
    {
      does: "Keep the plan, and place the next VM beside it",
      lines: [
        "evenkeel place vm.yaml --on machine:hgx-h100 --output json > plan.json",
        "evenkeel place vm.yaml --on machine:hgx-h100 --taken plan.json",
      ],
    },
    {
      does: "Choose among hosts, with flavors and a policy of your own",
      lines: [
        "evenkeel place vm.yaml --flavor flavors.yaml --policy policy.yaml \\",
        "    --on machine:hgx-h100 --on machine:l40s-pcie",
      ],
    },
    {
      does: "On either of two equal hosts",
      lines: ["evenkeel place vm.yaml --on a=machine:hgx-h100 --on b=machine:hgx-h100"],
    },
    {
      does: "Not on the host of the one before, and where most is free",
      lines: [
        "evenkeel place vm.yaml --on hgx-h100=machine:hgx-h100 --on b=machine:hgx-h100 \\",
        "    --taken plan.json --away-from llm-a --spread",
      ],
    },
    {
      does: "Straight to libvirt",
      lines: ["evenkeel place vm.yaml --on machine:hgx-h100 --output libvirt > llm-a.xml"],
    },
  ],
};
