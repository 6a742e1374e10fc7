import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { type GuestArchitecture, guestArchitectures } from "@evenkeel/core/guest/guest.ts";
import { type PciForm, pciForms } from "@evenkeel/core/guest/ports.ts";
import { type Rendering, renderings } from "@evenkeel/core/render/renderings.ts";
import { type HypervisorVersions, parseVersions } from "@evenkeel/core/guest/versions.ts";
import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";

export interface RenderFlags {
  readonly as: Rendering;
  readonly emulated: boolean;
  readonly architecture?: GuestArchitecture;
  readonly firmware: "efi" | "bios";
  readonly "cpu-feature": readonly string[];
  readonly pci: PciForm;
  readonly for?: HypervisorVersions;
  readonly "contract-file"?: string;
  readonly monitor?: string;
  readonly "firmware-file"?: string;
  readonly "firmware-variables"?: string;
  readonly lint?: string;
  readonly output: "text" | "json";
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
          values: renderings,
          placeholder: "FORM",
          brief:
            "libvirt: the domain XML; qemu: a command without libvirt; kubevirt: a VirtualMachine; " +
            "for the guest nccl: a topology file, contract: what it is promised, cloud-init: both",
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
        pci: {
          kind: "enum",
          values: pciForms,
          default: "ports",
          brief:
            "ports: each device on a root port, with the true speed of its link; switches: those that " +
            "share a switch share one in the guest, whose ports tell a wrong speed",
        },
        for: {
          kind: "parsed",
          parse: parseVersions,
          optional: true,
          placeholder: "VERSIONS",
          brief: "the programs that are to run it, libvirt=9.0,qemu=7.2 unless told",
        },
        "contract-file": {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "PATH",
          brief: "libvirt, qemu: a file of the host's with the contract, in place of its text",
        },
        monitor: {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "PATH",
          brief: "qemu: a socket for its monitor, where the guest waits for cont",
        },
        "firmware-file": {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "PATH",
          brief: "qemu: the UEFI image, Debian's unless told",
        },
        "firmware-variables": {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "PATH",
          brief: "qemu: the guest's own copy of the firmware's variables",
        },
        lint: {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "FILE",
          brief: "nccl: hold that topology file against the plan, in place of writing one",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "json: for programs (qemu, kubevirt, contract, and findings of --lint)",
        },
      },
    },
    docs: { brief: "Show a plan as the definition of the VM that it is for" },
  }),
  description: [
    "Everything comes from the plan alone, so the same plan always gives the same definition. What is " +
      "shown otherwise than the plan or the host has it is noted in it, and so is what the form cannot say.",
    "With --lint the exit status is 3 when the file differs from what the plan promises.",
  ],
  examples: [
    { does: "The domain that libvirt defines", lines: ["evenkeel render plan.json --as libvirt"] },
    {
      does: "For a machine without KVM",
      lines: ["evenkeel render plan.json --as libvirt --emulated"],
    },
    {
      does: "QEMU by itself, as a list of arguments and what must be pinned",
      lines: ["evenkeel render plan.json --as qemu --output json"],
    },
    {
      does: "NCCL's file for the guest, and whether one that it has is right",
      lines: [
        "evenkeel render plan.json --as nccl > nccl.xml",
        "evenkeel render plan.json --as nccl --lint nccl.xml",
      ],
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
