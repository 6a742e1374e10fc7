import { buildCommand } from "@stricli/core";
import { hypervisorNames } from "@evenkeel/core/instance/instance.ts";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { askedVm, flavorFlag, policyFlag } from "../../flags/placement.ts";
import { stateFlag } from "../../flags/state.ts";
import type { RunFlags } from "./flags.ts";

const file = (brief: string, placeholder = "FILE") =>
  ({ kind: "parsed", parse: String, optional: true, brief, placeholder }) as const;

const off = (brief: string) =>
  ({ kind: "boolean", default: false, withNegated: false, brief }) as const;

export const runCommand: CliCommand = {
  name: "run",
  command: buildCommand<RunFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runRun,
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [askedVm],
      },
      flags: {
        flavor: flavorFlag,
        policy: policyFlag,
        plan: file("the Plan to run it by, instead of placing it now", "PLAN"),
        via: {
          kind: "enum",
          values: hypervisorNames,
          default: "libvirt",
          brief: "libvirt, or QEMU alone",
        },
        emulated: off("without KVM, where QEMU emulates the processor: to try things out"),
        firmware: {
          kind: "enum",
          values: ["efi", "bios"],
          default: "efi",
          brief: "what starts the guest",
        },
        with: file("with libvirt, a file <devices>…</devices> of disks, networks and consoles"),
        kernel: file("a kernel of this host's to boot"),
        initrd: file("the initial RAM disk for it"),
        append: file("the command line for it", "TEXT"),
        "dry-run": off("check everything and start nothing"),
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "for people, or the Instance, Refusal or Preflight document",
        },
      },
    },
    docs: { brief: "Place a virtual machine on this host, start it, and hold it against its plan" },
  }),
  description: [
    "What is on this host already is known from the state folder. Everything that stands in the way " +
      "is told before anything is touched, each with the command that mends it. A start that fails, " +
      "or is interrupted, is undone: no process, no definition, every device with the driver it had.",
    "LIBVIRT_DEFAULT_URI names the libvirt to use, qemu:///system otherwise. QEMU alone writes what " +
      "its guest's serial console says to a file of the state folder. Firmware's variables that " +
      "libvirt keeps for a VM outlive it.",
    "The exit status is 0 once it runs as planned, and 3 where it was refused or does not.",
  ],
  examples: [
    {
      does: "What would be done, and what stands in the way",
      lines: ["evenkeel run vm.yaml --dry-run"],
    },
    {
      does: "Start it, with a disk and a network of your own",
      lines: ["evenkeel run vm.yaml --with devices.xml"],
    },
    {
      does: "By a plan that was made before",
      lines: ["evenkeel run vm.yaml --plan plan.json"],
    },
    {
      does: "With QEMU alone, and without KVM",
      lines: [
        "evenkeel run vm.yaml --via qemu --emulated --firmware bios \\",
        '    --kernel vmlinuz --initrd initrd.img --append "console=ttyS0"',
      ],
    },
  ],
};
