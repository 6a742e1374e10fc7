import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { policyFlag } from "../../flags/placement.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeAdoptable } from "../../flags/vm-names.ts";
import type { AdoptFlags } from "./flags.ts";

export const adoptCommand: CliCommand = {
  name: "adopt",
  command: buildCommand<AdoptFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runAdopt,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            proposeCompletions: proposeAdoptable,
            brief: "the name or UUID of a domain that libvirt runs",
            placeholder: "VM",
          },
        ],
      },
      flags: {
        plan: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "the Plan that it was started from",
          placeholder: "PLAN",
        },
        undo: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "forget the VM again; it runs on",
        },
        policy: policyFlag,
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: for people; json: the Instance with its Verdict",
        },
      },
    },
    docs: { brief: "Record a running virtual machine that Evenkeel did not start" },
  }),
  description: [
    "From then on, what the plan gives to the VM counts as taken, `evenkeel verify` checks " +
      "the VM against the plan, and `evenkeel stop` shuts it down. It keeps its name, its UUID, " +
      "its definition and its drivers.",
    "The VM must run and have exactly the devices of the plan, and the plan must be legal " +
      "beside all VMs that are known here. Whether memory and CPUs are where the plan puts them " +
      "is part of the verdict.",
    "LIBVIRT_DEFAULT_URI names the libvirt to ask, qemu:///system if it is not set. A VM " +
      "without libvirt cannot be adopted: nothing would identify it later.",
    "The exit status is 0 if the adopted VM runs as planned, and 3 if it does not; it is " +
      "adopted in both cases.",
  ],
  examples: [
    {
      does: "A VM that virsh started from the output of evenkeel render",
      lines: ["evenkeel adopt llm-a --plan plan.json"],
    },
    { does: "Forget it again", lines: ["evenkeel adopt llm-a --undo"] },
  ],
};
