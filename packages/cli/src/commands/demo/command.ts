import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import type { DemoFlags } from "./flags.ts";

export const demoCommand: CliCommand = {
  name: "demo",
  command: buildCommand<DemoFlags, [], CliContext>({
    loader: async () => (await import("./run.ts")).runDemo,
    parameters: {
      aliases: { o: "output" },
      flags: {
        on: {
          kind: "parsed",
          parse: String,
          optional: true,
          proposeCompletions: proposeSources,
          brief: "the machine; this one if not given, or hgx-h100 if this one has no accelerators",
          placeholder: "SRC",
        },
        out: {
          kind: "parsed",
          parse: String,
          default: "out",
          brief: "the folder for the plans and the libvirt definitions",
          placeholder: "DIR",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: layer by layer; json: both placements with their costs",
        },
      },
    },
    docs: {
      brief: "Compare two VMs as placed by an ordinary stack and by Evenkeel",
    },
  }),
  description: [
    "Places two VMs of one flavor on one machine twice: as an ordinary stack does, by first " +
      "fit with floating vCPUs and first-touch memory, and as Evenkeel does. The differences " +
      "are shown layer by layer, each with a predicted cost and the basis of the prediction.",
    sourcesHelp,
  ],
  examples: [
    { does: "On this machine, or on an HGX H100", lines: ["evenkeel demo"] },
    {
      does: "On another machine of the catalog",
      lines: ["evenkeel demo --on machine:epyc-nps4"],
    },
  ],
};
