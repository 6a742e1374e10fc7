import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import type { SimulateFlags } from "./flags.ts";

export const simulateCommand: CliCommand = {
  name: "simulate",
  command: buildCommand<SimulateFlags, [], CliContext>({
    loader: async () => (await import("./run.ts")).runSimulate,
    parameters: {
      aliases: { o: "output" },
      flags: {
        world: {
          kind: "parsed",
          parse: String,
          default: "catalog:hgx-h100",
          proposeCompletions: proposeWorlds,
          brief: "the fleet and its arrivals: catalog:NAME, fleet:FILE or openb:DIR",
          placeholder: "WORLD",
        },
        numa: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "with openb, treat every host of eight GPUs as two nodes of four",
        },
        hosts: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "with catalog, the number of hosts (40 if not given)",
          placeholder: "N",
        },
        policies: {
          kind: "parsed",
          parse: String,
          optional: true,
          proposeCompletions: proposePolicies,
          brief: "the policies to compare, separated by commas",
          placeholder: "NAME,…",
        },
        seed: {
          kind: "parsed",
          parse: String,
          default: "1",
          brief: "the first seed",
          placeholder: "N",
        },
        seeds: {
          kind: "parsed",
          parse: String,
          default: "3",
          brief: "how many seeds; the figures are means over them",
          placeholder: "N",
        },
        output: {
          kind: "enum",
          values: ["text", "json", "svg"],
          brief: "text: a table; json: all figures and curves; svg: a picture",
          default: "text",
        },
      },
    },
    docs: { brief: "Compare placement policies on a simulated fleet" },
  }),
  description: [
    "catalog:NAME is a fleet of hosts of one type from the catalog, where VMs come and go; " +
      "slightly more are requested than fit. fleet:FILE is the same on the hosts of a Fleet, which are " +
      "empty at first; hosts that sell the same are of one type, and each type is asked for in " +
      "proportion to its GPUs. openb:DIR is the GPU trace that Alibaba published in 2023, " +
      "replayed as in its paper, until arrivals reach 130 % of all GPUs. DIR holds the lists of " +
      "the trace (openb_node_list_gpu_node.csv, openb_pod_list_….csv); #NAME after it chooses " +
      "another list of tasks than default.",
    "The policies are random, spread and pack (LeastAllocated and MostAllocated of the kube-" +
      "scheduler), best-fit, first-fit (by name), fgd (fragmentation gradient descent) and " +
      "evenkeel. All but the last ignore NUMA nodes: they see a host as one pool, and the host " +
      "decides on which node a VM lies. With +numa after its name a policy keeps every VM to " +
      "the nodes of its signature, as evenkeel does. All of these see a node as numbers of " +
      "cores, GiB and GPUs; solver, where all hosts are of one type, runs evenkeel place on the " +
      "machine of every host.",
    "Every policy gets the same arrivals, and knows about the future only how often each " +
      "flavor is requested. The same seed gives the same outcome.",
  ],
  examples: [
    { does: "A fleet of HGX H100 under every policy", lines: ["evenkeel simulate"] },
    {
      does: "A smaller fleet, as a picture",
      lines: [
        "evenkeel simulate --world catalog:dgx-a100 --hosts 10 --seeds 1 \\",
        "  --policies pack,fgd,evenkeel --output svg > policies.svg",
      ],
    },
    {
      does: "The hosts of your own",
      lines: ["evenkeel simulate --world fleet:hosts.yaml --policies pack,evenkeel --seeds 1"],
    },
    {
      does: "The published trace, with NUMA nodes",
      lines: ["evenkeel simulate --world openb:traces --numa --policies fgd,evenkeel --seed 42"],
    },
  ],
};

async function proposePolicies(): Promise<readonly string[]> {
  const { policyNames } = await import("@evenkeel/simulate/policy/policies.ts");
  return [...policyNames, "solver"];
}

async function proposeWorlds(): Promise<readonly string[]> {
  const { catalogNames } = await import("@evenkeel/core/topology/catalog/catalog.ts");
  return ["openb:", "fleet:", ...catalogNames.map((name) => `catalog:${name}`)];
}
