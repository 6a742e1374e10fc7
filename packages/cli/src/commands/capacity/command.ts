import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import {
  fleetFlag,
  fleetHelp,
  policyFlag,
  profileFlag,
  skipUnreadableFlag,
  takenFlag,
} from "../../flags/placement.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import type { CapacityFlags } from "./flags.ts";

export const capacityCommand: CliCommand = {
  name: "capacity",
  command: buildCommand<CapacityFlags, [], CliContext>({
    loader: async () => (await import("./run.ts")).runCapacity,
    parameters: {
      aliases: { o: "output" },
      flags: {
        on: {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeSources,
          variadic: true,
          default: [],
          brief: "a host to count on; NAME=SRC gives it a name; repeat it for more",
          placeholder: "SRC",
        },
        fleet: fleetFlag,
        "skip-unreadable": skipUnreadableFlag,
        taken: takenFlag,
        flavor: {
          kind: "parsed",
          parse: String,
          variadic: true,
          brief: "a file with Flavors to count; repeat it for more",
          placeholder: "FILE",
        },
        profile: profileFlag,
        policy: policyFlag,
        state: stateFlag,
        restore: {
          kind: "parsed",
          parse: String,
          variadic: true,
          default: [],
          brief:
            "find the fewest moves that make room for K more VMs of a flavor; repeat it for more",
          placeholder: "FLAVOR=K",
        },
        signatures: {
          kind: "boolean",
          withNegated: false,
          default: false,
          brief: "show each signature, how it is placed, and other placements",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          brief: "text: for people; json: the Capacity document",
          default: "text",
        },
      },
    },
    docs: { brief: "Count how many more VMs of each flavor fit" },
  }),
  description: [
    "The counts are exact: no order and no choice of places fits more. They are of VMs in the " +
      "signature that the flavor is sold in, because VMs of different signatures perform " +
      "differently; if it has none, in the one that its first VM on an empty host gets. With " +
      "--signatures each signature is counted and described. Hosts with the same counts are " +
      "shown together. Each count " +
      "assumes that nothing else is placed; 20+ means 20 or more, where there are too many ways " +
      "to try them all.",
    "Where fewer VMs fit than on an empty host, the answer names the smallest sets of VMs " +
      "that would have to leave for one more to fit. With --restore h100.4=1 it finds the " +
      "fewest moves of VMs to other hosts, each to a place of the same signature, that make " +
      "room for one more. This is advice: nothing is moved.",
    sourcesHelp,
    fleetHelp,
    "The exit status is 3 when --restore was given and no moves were found, and 4 when a flavor is " +
      "known to fit nowhere, and not enough is known of some host to say that it does not.",
  ],
  examples: [
    {
      does: "What an empty host of a type holds",
      lines: ["evenkeel capacity --on machine:hgx-h100 --flavor flavors.yaml"],
    },
    {
      does: "What is left beside another VM",
      lines: ["evenkeel capacity --on machine:hgx-h100 --taken plan.json --flavor flavors.yaml"],
    },
    {
      does: "A fleet, as a document for programs",
      lines: [
        "evenkeel capacity --on a=machine:hgx-h100 --on b=machine:l40s-pcie \\",
        "    --flavor flavors.yaml --policy policy.yaml --output json",
        "evenkeel capacity --fleet hosts.yaml --flavor flavors.yaml --output json",
      ],
    },
  ],
};
