import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { guestArchitectures } from "@evenkeel/core/guest/guest.ts";
import { pciForms } from "@evenkeel/core/guest/ports.ts";
import { renderings } from "@evenkeel/core/render/renderings.ts";
import { parseVersions } from "@evenkeel/core/guest/versions.ts";
import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import type { RenderFlags } from "./flags.ts";

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
      aliases: { o: "output" },
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
            "for the guest, nccl: a topology file; contract: what it is promised; cloud-init: both",
        },
        emulated: {
          kind: "boolean",
          withNegated: false,
          default: false,
          brief: "for hosts without KVM: QEMU emulates the processor, to try things out",
        },
        architecture: {
          kind: "enum",
          values: guestArchitectures,
          optional: true,
          brief: "the guest's, where the plan does not state it",
        },
        firmware: {
          kind: "enum",
          values: ["efi", "bios"],
          default: "efi",
          brief: "the guest's firmware",
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
            "ports: each device on a root port that says its link's greatest speed and width, as far " +
            "as the QEMU of --for can; switches: devices that share a switch share one in the " +
            "guest too, whose ports report a wrong speed",
        },
        for: {
          kind: "parsed",
          parse: parseVersions,
          optional: true,
          placeholder: "VERSIONS",
          brief:
            "the versions of libvirt and QEMU that will run it (libvirt=9.0,qemu=7.2 if not given)",
        },
        "contract-file": {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "PATH",
          brief: "libvirt, qemu: a file on the host with the contract, instead of its text",
        },
        monitor: {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "PATH",
          brief:
            "qemu: a socket for its monitor; the guest does not run until the monitor is sent `cont`",
        },
        "firmware-file": {
          kind: "parsed",
          parse: String,
          optional: true,
          placeholder: "PATH",
          brief: "qemu: the UEFI image (Debian's if not given)",
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
          brief: "nccl: check that topology file against the plan, instead of printing one",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "json: for programs (qemu, kubevirt, contract, and the findings of --lint)",
        },
      },
    },
    docs: { brief: "Print a plan as a definition of its VM, or as a file for its guest" },
  }),
  description: [
    "Everything comes from the plan alone, so the same plan always gives the same definition. " +
      "Notes in the definition say where it differs from the plan or the host, and what this " +
      "form cannot express.",
    "The exit status with --lint is 3 when the file differs from what the plan promises.",
  ],
  examples: [
    { does: "The domain that libvirt defines", lines: ["evenkeel render plan.json --as libvirt"] },
    {
      does: "For a machine without KVM",
      lines: ["evenkeel render plan.json --as libvirt --emulated"],
    },
    {
      does: "QEMU without libvirt: its arguments, and what to pin",
      lines: ["evenkeel render plan.json --as qemu --output json"],
    },
    {
      does: "NCCL's file for the guest, and a check of the one that it has",
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
