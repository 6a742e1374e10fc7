import { buildCommand } from "@stricli/core";
import { hypervisorNames } from "@evenkeel/core/instance/instance.ts";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { askedVm, flavorFlag, policyFlag, profileFlag } from "../../flags/placement.ts";
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
      aliases: { o: "output" },
      positional: {
        kind: "tuple",
        parameters: [askedVm],
      },
      flags: {
        flavor: flavorFlag,
        profile: profileFlag,
        policy: policyFlag,
        plan: file("run it with this Plan, instead of placing it now", "PLAN"),
        via: {
          kind: "enum",
          values: hypervisorNames,
          default: "libvirt",
          brief: "libvirt, or QEMU without libvirt",
        },
        emulated: off("without KVM: QEMU emulates the processor, to try things out"),
        firmware: {
          kind: "enum",
          values: ["efi", "bios"],
          default: "efi",
          brief: "the guest's firmware",
        },
        with: file(
          "for libvirt: an XML file with more devices (disks, networks, consoles) in a <devices> " +
            "element",
        ),
        kernel: file("a kernel on this host to boot"),
        initrd: file("its initial RAM disk"),
        append: file("its command line", "TEXT"),
        "accept-unknown": off("start although nobody can read what some VM on this host holds"),
        "dry-run": off("check everything and start nothing"),
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: for people; json: the Instance, Refusal or Preflight document",
        },
      },
    },
    docs: {
      brief: "Place a VM on this host, start it and verify it",
    },
  }),
  description: [
    "What is taken on this host is what the state folder says and what every VM here really " +
      "holds, whoever started it: its CPUs, memory and devices. Before anything is changed, run prints " +
      "everything that prevents the start, each with the command that corrects it. A start that " +
      "fails or is interrupted is undone: no process, no definition, and every device with the " +
      "driver it had.",
    "LIBVIRT_DEFAULT_URI names the libvirt to use, qemu:///system if it is not set. With " +
      "--via qemu, evenkeel console prints what the guest writes to its serial port. " +
      "Firmware variables that libvirt keeps for a VM outlive it.",
    "With --via qemu, a QEMU that root starts opens its devices and files and then becomes the user " +
      "evenkeel-qemu, libvirt-qemu or qemu, the first that this machine has. From then on it opens " +
      "only files that this user may open. A user evenkeel-qemu shares nothing with libvirt's VMs.",
    "The exit status is 0 when the VM runs as planned, and 3 when it was refused or runs " +
      "otherwise. It is 4 where not enough is known of this host to place it.",
  ],
  examples: [
    {
      does: "What a start would do, and what prevents it",
      lines: ["evenkeel run vm.yaml --dry-run"],
    },
    {
      does: "Start it, with a disk and a network of your own",
      lines: ["evenkeel run vm.yaml --with devices.xml"],
    },
    {
      does: "With an existing plan",
      lines: ["evenkeel run vm.yaml --plan plan.json"],
    },
    {
      does: "Without libvirt and without KVM",
      lines: [
        "evenkeel run vm.yaml --via qemu --emulated --firmware bios \\",
        '    --kernel vmlinuz --initrd initrd.img --append "console=ttyS0"',
      ],
    },
  ],
};
