import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { policyFlag } from "../../flags/placement.ts";
import { stateFlag } from "../../flags/state.ts";
import type { AdoptFlags } from "./flags.ts";

export const adoptCommand: CliCommand = {
  name: "adopt",
  command: buildCommand<AdoptFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runAdopt,
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
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
          brief: "the Plan that it runs by",
          placeholder: "PLAN",
        },
        undo: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "count it no longer; it runs on",
        },
        policy: policyFlag,
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "for people, or the Instance with its Verdict",
        },
      },
    },
    docs: { brief: "Count a virtual machine that somebody else has started, by its plan" },
  }),
  description: [
    "What the plan gives it is taken from then on, `evenkeel verify` holds it against the plan, and " +
      "`evenkeel stop` shuts it down. It keeps its name, its UUID, its definition and its drivers.",
    "It must run, have exactly the plan's devices, and lie by the plan beside all VMs that are known " +
      "here. Whether its memory and CPUs are where the plan has them is the verdict's to say.",
    "LIBVIRT_DEFAULT_URI names the libvirt to ask, qemu:///system otherwise. A VM of QEMU alone cannot be " +
      "adopted: nothing would tell it from others later.",
    "The exit status is 0 where it runs as planned, and 3 where it is adopted and does not.",
  ],
  examples: [
    {
      does: "One that virsh has started by the definition that evenkeel render made of a plan",
      lines: ["evenkeel adopt llm-a --plan plan.json"],
    },
    { does: "Leave it to others again", lines: ["evenkeel adopt llm-a --undo"] },
  ],
};
