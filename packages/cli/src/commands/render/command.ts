import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { type GuestArchitecture, guestArchitectures } from "@evenkeel/core/guest/guest.ts";
import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";

export interface RenderFlags {
  readonly as: "libvirt";
  readonly emulated: boolean;
  readonly architecture?: GuestArchitecture;
  readonly firmware: "efi" | "bios";
  readonly "cpu-feature": readonly string[];
}

function parseFeature(input: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(input)) return input;
  throw new EvenkeelError("usage", `--cpu-feature is ${JSON.stringify(input)}`, {
    expected: "the name of a CPU feature as libvirt knows it, such as invtsc",
    remedy: "virsh cpu-models and libvirt's cpu_map have the names",
  });
}

export const renderCommand: CliCommand = {
  name: "render",
  command: buildCommand<RenderFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runRender,
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            brief: "a file with a Plan; - is standard input",
            placeholder: "PLAN",
          },
        ],
      },
      flags: {
        as: {
          kind: "enum",
          values: ["libvirt"],
          brief: "libvirt: the domain XML",
        },
        emulated: {
          kind: "boolean",
          withNegated: false,
          default: false,
          brief: "for a host without KVM, where QEMU emulates the processor: to try things out",
        },
        architecture: {
          kind: "enum",
          values: guestArchitectures,
          optional: true,
          brief: "the guest's, where the plan does not tell (its topology was read without)",
        },
        firmware: {
          kind: "enum",
          values: ["efi", "bios"],
          default: "efi",
          brief: "what starts the guest",
        },
        "cpu-feature": {
          kind: "parsed",
          parse: parseFeature,
          variadic: true,
          default: [],
          placeholder: "NAME",
          brief: "a CPU feature to require, such as invtsc; repeat it for more",
        },
      },
    },
    docs: { brief: "Show a plan as the definition of the VM that it is for" },
  }),
  description: [
    "Everything comes from the plan alone, so the same plan always gives the same definition.",
  ],
  examples: [
    { does: "The domain that libvirt defines", lines: ["evenkeel render plan.json --as libvirt"] },
    {
      does: "For a machine without KVM",
      lines: ["evenkeel render plan.json --as libvirt --emulated"],
    },
    {
      does: "Without a file in between",
      lines: [
        "evenkeel place vm.yaml --on machine:hgx-h100 --output json \\",
        "    | evenkeel render - --as libvirt",
      ],
    },
  ],
};
