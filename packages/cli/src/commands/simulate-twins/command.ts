import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { flavorFlag, policyFlag, profileFlag } from "../../flags/placement.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import type { SimulateTwinsFlags } from "./flags.ts";

export const simulateTwinsCommand: CliCommand = {
  name: "simulate twins",
  command: buildCommand<SimulateTwinsFlags, [string?], CliContext>({
    loader: async () => (await import("./run.ts")).runSimulateTwins,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            optional: true,
            brief:
              "the VM that all are equal to; without one, a quarter of the machine's GPUs with " +
              "their share of the rest",
            placeholder: "VM",
          },
        ],
      },
      flags: {
        on: {
          kind: "parsed",
          parse: String,
          optional: true,
          proposeCompletions: proposeSources,
          brief: "the machine (this one if it holds two VMs with GPUs, else machine:hgx-h100)",
          placeholder: "SRC",
        },
        count: {
          kind: "parsed",
          parse: String,
          default: "1000",
          brief: "how many VMs in each way",
          placeholder: "N",
        },
        load: {
          kind: "parsed",
          parse: String,
          default: "100%",
          brief: "how many of a machine's other VMs are busy at the same time",
          placeholder: "N%",
        },
        workload: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "what the VMs do, in place of what VM says",
          placeholder: "NAME",
        },
        flavor: flavorFlag,
        profile: profileFlag,
        policy: policyFlag,
        seed: {
          kind: "parsed",
          parse: String,
          default: "1",
          brief: "the seed of all that is left to luck",
          placeholder: "N",
        },
        output: {
          kind: "enum",
          values: ["text", "json", "svg"],
          brief: "text: a table; json: all figures; svg: a picture",
          default: "text",
        },
      },
    },
    docs: { brief: "Place equal VMs in four ways, and compare how long their steps take" },
  }),
  description: [
    "Machines of one kind are filled with VMs of one flavor, in four ways: luck (whatever GPUs " +
      "are free, vCPUs that float, memory by first touch), interleave (the same with the memory over " +
      "all nodes), pinned (cores and memory of one node, without regard to the GPUs) and evenkeel. " +
      "For each VM the time of a step is predicted, alone on its machine and beside its neighbors, as " +
      "a multiple of the best place on the empty machine.",
    "Below stands what is said of distance in general, and what comes out on this machine: by " +
      "its own measurements where it has any, else by the firmware's or published figures. What " +
      "nobody told is unknown, and a claim that hangs on it is not judged.",
    sourcesHelp,
    "The same seed gives the same outcome.",
  ],
  examples: [
    { does: "A thousand twins", lines: ["evenkeel simulate twins --on machine:hgx-h100"] },
    {
      does: "On another machine where half of the neighbors are busy",
      lines: ["evenkeel simulate twins --on machine:hgx-a100 --load 50%"],
    },
    {
      does: "A VM of your own, as a picture",
      lines: ["evenkeel simulate twins vm.yaml --on machine:hgx-h100 --output svg > twins.svg"],
    },
  ],
};
