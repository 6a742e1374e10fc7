import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { proposeSources, sourcesHelp } from "../sources.ts";

export interface TopologyFlags {
  readonly from: string;
  readonly diff?: string;
  readonly output: "text" | "json";
}

export const topologyCommand: CliCommand = {
  name: "topology",
  command: buildCommand<TopologyFlags, [], CliContext>({
    loader: async () => (await import("./run.ts")).runTopology,
    parameters: {
      flags: {
        from: {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeSources,
          brief: "the machine to read",
          placeholder: "SRC",
          default: "live",
        },
        diff: {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeSources,
          brief: "another machine: print what is different there",
          placeholder: "SRC",
          optional: true,
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          brief: "a drawing, or the Topology document",
          default: "text",
        },
      },
    },
    docs: { brief: "Print what a machine is: its nodes, cores, devices and links" },
  }),
  description: [
    sourcesHelp,
    "What nobody has read stays unknown: it is shown as such and never guessed.",
    "With --diff the exit status is 0 when nothing is different and 3 when something is.",
  ],
  examples: [
    { does: "This machine", lines: ["evenkeel topology"] },
    {
      does: "A type of machine from the catalog",
      lines: ["evenkeel topology --from machine:hgx-h100"],
    },
    {
      does: "A machine made up in one line",
      lines: [
        'evenkeel topology --from "synthetic:package:2 core:8 memory:64Gi root*2[gpu:h100-sxm]"',
      ],
    },
    {
      does: "What has changed here since a snapshot was taken",
      lines: ["evenkeel topology --from sysfs:host7.tar --diff live"],
    },
    {
      does: "The document, for another program or another day",
      lines: ["evenkeel topology --output json"],
    },
  ],
};
