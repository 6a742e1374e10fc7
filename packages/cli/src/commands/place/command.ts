import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import {
  askedVm,
  calibrationFlag,
  flavorFlag,
  fleetFlag,
  fleetHelp,
  policyFlag,
  profileFlag,
  skipUnreadableFlag,
  takenFlag,
} from "../../flags/placement.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeRecorded } from "../../flags/vm-names.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import type { PlaceFlags } from "./flags.ts";

export const placeCommand: CliCommand = {
  name: "place",
  command: buildCommand<PlaceFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runPlace,
    parameters: {
      aliases: { o: "output" },
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
          default: [],
          brief: "a host to try; NAME=SRC gives it a name; repeat it for more",
          placeholder: "SRC",
        },
        fleet: fleetFlag,
        "skip-unreadable": skipUnreadableFlag,
        taken: takenFlag,
        flavor: flavorFlag,
        profile: profileFlag,
        policy: policyFlag,
        calibration: calibrationFlag,
        state: stateFlag,
        "away-from": {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeRecorded,
          variadic: true,
          default: [],
          brief: "a VM to keep away from: the hosts that have it are not used; repeat it for more",
          placeholder: "NAME",
        },
        spread: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "of equally good hosts, take the one with the most room",
        },
        forecast: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief:
            "say too what the VM does to those that run on its host, and they to it; as json, " +
            "{ plan, forecast, localities }",
        },
        output: {
          kind: "enum",
          values: ["text", "json", "svg", "libvirt"],
          brief:
            "text: for people; json: the Plan or Refusal document; svg: a picture of the host with " +
            "the VM among the others; libvirt: the domain XML",
          default: "text",
        },
      },
    },
    docs: { brief: "Decide where a virtual machine goes, or say why it fits nowhere" },
  }),
  description: [
    "The answer is exact and repeatable: the best placement on the given hosts, with its " +
      "reasons; or a refusal with the nearest ways to fit on every host, what keeps each of " +
      "them closed, and the smallest changes that would make the VM fit.",
    "Of several equally good places, place takes the one that leaves room for the most VMs of " +
      "the given flavors, and the plan says how many fewer fit afterwards. Without --flavor it counts " +
      "VMs of one accelerator of each model with an even share of cores and memory, so a VM " +
      "without accelerators avoids their nodes where it can. With several hosts, the plan says why it is " +
      "this one.",
    sourcesHelp,
    fleetHelp,
    "--forecast predicts, before the VM is admitted, how much longer each VM on the chosen host takes to " +
      "move its data than alone on its best place there, without the new VM and with it, and which " +
      "memory or link is the bottleneck. For a VM of locality preferred or interleave, place says how many such VMs " +
      "the host holds under it and under strict, and how long each of them takes then. A HostPolicy with maxSlowdown refuses a host where the " +
      "new VM, or one that it slows, would exceed it.",
    "The exit status is 0 for a plan, 3 for a refusal, and 4 where not enough is known of a host " +
      "to say: then the answer names what would tell.",
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
        "evenkeel place next.yaml --on machine:hgx-h100 --taken plan.json",
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
      does: "On either of two equal hosts, or on the best host of a fleet",
      lines: [
        "evenkeel place vm.yaml --on a=machine:hgx-h100 --on b=machine:hgx-h100",
        "evenkeel place vm.yaml --fleet hosts.yaml",
      ],
    },
    {
      does: "Not on the host of another VM, and where most is free",
      lines: [
        "evenkeel place next.yaml --on hgx-h100=machine:hgx-h100 --on b=machine:hgx-h100 \\",
        "    --taken plan.json --away-from llm-a --spread",
      ],
    },
    {
      does: "What the VM would do to those that run, and they to it",
      lines: ["evenkeel place next.yaml --on machine:hgx-h100 --taken plan.json --forecast"],
    },
    {
      does: "A picture of where it goes",
      lines: ["evenkeel place vm.yaml --on machine:hgx-h100 --output svg > llm-a.svg"],
    },
    {
      does: "With the prices that Intel's MLC measured on the machine",
      lines: ["evenkeel place vm.yaml --on machine:hgx-h100 --calibration mlc.txt"],
    },
    {
      does: "Straight to libvirt",
      lines: ["evenkeel place vm.yaml --on machine:hgx-h100 --output libvirt > llm-a.xml"],
    },
  ],
};
