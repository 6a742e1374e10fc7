import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import {
  fleetFlag,
  fleetHelp,
  profileFlag,
  skipUnreadableFlag,
  takenFlag,
} from "../../flags/placement.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import { stateFlag } from "../../flags/state.ts";
import type { TopologyFlags } from "./flags.ts";

export const topologyCommand: CliCommand = {
  name: "topology",
  command: buildCommand<TopologyFlags, string[], CliContext>({
    loader: async () => (await import("./run.ts")).runTopology,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "array",
        parameter: {
          parse: String,
          proposeCompletions: proposeSources,
          brief: "the machine to read, as with --from",
          placeholder: "SRC",
        },
      },
      flags: {
        from: {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeSources,
          variadic: true,
          default: [],
          brief:
            "the machine to read (live if not given); repeat it to merge several sources of one " +
            "machine",
          placeholder: "SRC",
        },
        fleet: {
          ...fleetFlag,
          brief: "a file with a Fleet: print a table of its hosts, or one of them with --host",
        },
        host: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "with --fleet, the name of the host to print",
          placeholder: "NAME",
        },
        "skip-unreadable": skipUnreadableFlag,
        diff: {
          kind: "parsed",
          parse: String,
          proposeCompletions: proposeSources,
          brief: "another machine: print how it differs",
          placeholder: "SRC",
          optional: true,
        },
        fit: {
          kind: "parsed",
          parse: String,
          variadic: true,
          default: [],
          brief:
            "a file with Flavors: report which of them straddle nodes here; repeat it for more",
          placeholder: "FLAVOR",
        },
        taken: {
          ...takenFlag,
          brief: "a file with the Plan of a VM on it: draw which VM has what; repeat it for more",
        },
        state: {
          ...stateFlag,
          brief: "draw the VMs of this machine: those that this folder records, and all that run",
        },
        all: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "draw every PCI function, and the sizes of caches",
        },
        profile: { ...profileFlag, brief: `with --fit, ${profileFlag.brief}` },
        policy: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief:
            "with --fit, --taken or --state, a file with a HostPolicy: what the host keeps for itself",
          placeholder: "FILE",
        },
        list: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "list the types of machines in the catalog: what machine:NAME may name",
        },
        output: {
          kind: "enum",
          values: ["text", "json", "svg", "nccl", "dot"],
          brief:
            "text: a drawing, with warnings below it; json: the Topology document; svg: a picture; " +
            "nccl: a topology file for NCCL; dot: a graph for Graphviz",
          default: "text",
        },
      },
    },
    docs: { brief: "Print a machine: its nodes, cores, devices and links" },
  }),
  description: [
    sourcesHelp,
    fleetHelp,
    "What no source states stays unknown. It is shown as unknown, and never guessed.",
    "Several sources complete one another. Where they disagree the first one counts, and the " +
      "disagreement is printed: below the drawing, or on standard error for other outputs.",
    "With --taken every VM has a sign and a color: cores, memory and devices are marked with them, " +
      "and a list says what each VM has, and what of it lies on another node than its cores. What is free " +
      "is what a placement could still give. On this machine itself the recorded and the running VMs " +
      "count as well, and `evenkeel topology --state /var/lib/evenkeel` draws them alone.",
    "With --diff devices are matched by what they are and where they are connected before they " +
      "are compared, so that other addresses are one difference: two machines that differ in " +
      "nothing else are alike. A change that several things share is told once; --output json " +
      "lists them all.",
    "The exit status with --diff is 0 when nothing differs, and 3 when anything does: also for " +
      "alike machines, since plans name addresses, and for one machine in another state. In JSON " +
      "alike says whether they are alike. With --fit it is 0 when every flavor fits on one node, " +
      "and 3 when one straddles nodes or does not fit. It is 4 when not enough is known to say: the " +
      "answer names what would tell.",
  ],
  examples: [
    {
      does: "This machine, and another one over ssh",
      lines: ["evenkeel topology", "evenkeel topology ssh:gpu-01"],
    },
    {
      does: "Types of machines in the catalog, one of them, and a machine described in one line",
      lines: [
        "evenkeel topology --list",
        "evenkeel topology machine:hgx-h100",
        'evenkeel topology --from "synthetic:package:2 core:8 memory:64Gi root*2[gpu:l40s]"',
      ],
    },
    {
      does: "Two sources of one machine",
      lines: ["evenkeel topology --from sysfs:host7.tar --from topo.txt"],
    },
    {
      does: "What has changed here since a snapshot was taken",
      lines: ["evenkeel topology --from sysfs:host7.tar --diff live"],
    },
    {
      does: "The hosts of a fleet, and one of them",
      lines: [
        "evenkeel topology --fleet hosts.yaml",
        "evenkeel topology --fleet hosts.yaml --host gpu-01",
      ],
    },
    {
      does: "Which flavors straddle nodes on a type of machine",
      lines: ["evenkeel topology --from machine:hgx-h100 --fit flavors.yaml"],
    },
    {
      does: "Which VM has what, and what is free; the same as a picture",
      lines: [
        "evenkeel place vm.yaml --on machine:hgx-h100 --output json > plan.json",
        "evenkeel topology --from machine:hgx-h100 --taken plan.json",
        "evenkeel topology --from machine:hgx-h100 --taken plan.json --output svg > hgx-h100.svg",
      ],
    },
  ],
};
