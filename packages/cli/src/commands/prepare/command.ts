import { buildCommand } from "@stricli/core";
import { hypervisorNames } from "@evenkeel/core/instance/instance.ts";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { policyFlag, profileFlag } from "../../flags/placement.ts";
import { proposeSources, sourcesHelp } from "../../flags/sources.ts";
import type { PrepareFlags } from "./flags.ts";

export const prepareCommand: CliCommand = {
  name: "prepare",
  command: buildCommand<PrepareFlags, string[], CliContext>({
    loader: async () => (await import("./run.ts")).runPrepare,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "array",
        minimum: 1,
        parameter: {
          parse: String,
          brief: "a file with Flavors, VirtualMachines or both; - is standard input",
          placeholder: "FLAVOR",
        },
      },
      flags: {
        on: {
          kind: "parsed",
          parse: String,
          default: "live",
          proposeCompletions: proposeSources,
          brief: "the machine",
          placeholder: "SRC",
        },
        profile: profileFlag,
        policy: policyFlag,
        vms: {
          kind: "parsed",
          parse: String,
          variadic: true,
          default: [],
          brief:
            "prepare for K VMs of a flavor, which run together with the others that are counted; " +
            "repeat it for more",
          placeholder: "FLAVOR=K",
        },
        via: {
          kind: "enum",
          values: hypervisorNames,
          default: "libvirt",
          brief: "what is to run the VMs: libvirt, or QEMU without libvirt",
        },
        emulated: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "for VMs that run with --emulated: KVM is not needed",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          brief: "text: for people; json: the Preparation document",
          default: "text",
        },
      },
    },
    docs: { brief: "Print what a machine needs for its flavors, and check it" },
  }),
  description: [
    "prepare works out what the machine needs to have room for as many VMs of each flavor as fit: " +
      "the kernel's boot line, huge pages on each node, vfio-pci for the devices that VMs get, CPUs " +
      "that the host keeps off, libvirt and QEMU. Each need is there, missing, or not told by this " +
      "source, and what is missing has the commands that bring it about. It runs none of them and " +
      "changes nothing. After the reboot the same command says what is still missing.",
    "Every flavor is counted as if it were sold alone, in the order given: one whose pages are of " +
      "another size gets the memory that those before it leave. With --vms the given numbers of VMs, " +
      "and all VirtualMachines of the files, run at the same time.",
    sourcesHelp,
    "The exit status is 0 when all that is needed is there, 3 when something is missing, and 4 when " +
      "nothing is known to be missing, and this source does not tell everything. What a running machine alone " +
      "tells, such as its KVM and its libvirt, no recording does.",
  ],
  examples: [
    {
      does: "What this machine needs, and what is missing",
      lines: ["evenkeel prepare flavors.yaml"],
    },
    {
      does: "What a machine of a type would need",
      lines: ["evenkeel prepare flavors.yaml --on machine:hgx-h100"],
    },
    {
      does: "For two VMs of a flavor, and a policy of its own",
      lines: ["evenkeel prepare flavors.yaml --vms h100.2=2 --policy policy.yaml"],
    },
  ],
};
