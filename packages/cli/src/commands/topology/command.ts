import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import type { TopologyFlags } from "./flags.ts";

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
          variadic: true,
          default: [],
          brief:
            "the machine to read (live if not given); repeat it for more sources about it, which " +
            "are merged",
          placeholder: "SRC",
        },
        diff: {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeSources,
          brief: "another machine: print what is different there",
          placeholder: "SRC",
          optional: true,
        },
        fit: {
          kind: "parsed",
          parse: String,
          variadic: true,
          default: [],
          brief: "a file with Flavors: say which of them straddle nodes here; repeat it for more",
          placeholder: "FLAVOR",
        },
        policy: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "with --fit, a file with a HostPolicy: what the host keeps for itself",
          placeholder: "FILE",
        },
        output: {
          kind: "enum",
          values: ["text", "json", "svg", "nccl", "dot"],
          brief:
            "a drawing with warnings below it, the Topology document, a picture, a topology file " +
            "for NCCL, or a graph for Graphviz",
          default: "text",
        },
      },
    },
    docs: { brief: "Print what a machine is: its nodes, cores, devices and links" },
  }),
  description: [
    sourcesHelp,
    "What nobody has read stays unknown: it is shown as such and never guessed.",
    "Several sources complete one another. Where they contradict each other the first has the say, " +
      "and what each says is told: below the drawing, or on standard error for other outputs.",
    "With --diff the exit status is 0 when nothing is different and 3 when something is; with --fit " +
      "it is 0 when every flavor fits on one node and 3 when one straddles nodes or does not fit.",
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
      does: "Two sources about one machine",
      lines: ["evenkeel topology --from sysfs:host7.tar --from topo.txt"],
    },
    {
      does: "What has changed here since a snapshot was taken",
      lines: ["evenkeel topology --from sysfs:host7.tar --diff live"],
    },
    {
      does: "Which flavors straddle nodes on a type of machine",
      lines: ["evenkeel topology --from machine:hgx-h100 --fit flavors.yaml"],
    },
    {
      does: "A picture",
      lines: ["evenkeel topology --from machine:hgx-h100 --output svg > hgx-h100.svg"],
    },
  ],
};
