import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeAnyVm } from "../../flags/vm-names.ts";
import type { EvidenceFlags } from "./flags.ts";

const text = (placeholder: string, brief: string) =>
  ({ kind: "parsed", parse: String, optional: true, placeholder, brief }) as const;

export const evidenceCommand: CliCommand = {
  name: "evidence",
  command: buildCommand<EvidenceFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runEvidence,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            proposeCompletions: proposeAnyVm,
            brief:
              "a VM's name or UUID, the number of a process, or container: and the beginning of its id",
            placeholder: "SUBJECT",
          },
        ],
      },
      flags: {
        root: text("DIR", "the folder with /proc and /sys, if not /"),
        qmp: text("SOCKET", "the socket of QEMU's monitor, where its command line names none"),
        "guest-report": text("FILE", "the guest's own report"),
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["json"],
          default: "json",
          brief: "json: the Evidence document; `evenkeel doctor FILE` reads it for people",
        },
      },
    },
    docs: { brief: "Record how a VM, process or container lies on this machine" },
  }),
  description: [
    "Reads one running VM, process or container, whoever started it, and the machine around it: " +
      "where its memory is, which CPUs its threads may use, its devices and their nodes, what a " +
      "guest is shown, how the machine is set, and its neighbours. It prints one Evidence " +
      "document as JSON, which other commands read in place of the running thing.",
    "A VM is named as in `evenkeel list`, in libvirt, or on its QEMU's command line, or by its " +
      "UUID; anything else by the number of its process. Of a container its first process is " +
      "read, or the VM that it runs: name another process of it by its number.",
    "The record has neither environments nor command lines nor names of mapped files. It has " +
      "names of VMs, threads and cgroups, and the machine's topology.",
    "Reading changes nothing and needs no plan. What may not be read, such as the memory of " +
      "another user's process, is null in the record and listed as unreadable with the reason. " +
      "Base pages take the kernel some milliseconds per GiB to count.",
  ],
  examples: [
    { does: "A VM, by its name", lines: ["evenkeel evidence llm-a > llm-a.json"] },
    { does: "Any process, by its number", lines: ["evenkeel evidence 4711 > trainer.json"] },
    {
      does: "A container, by the beginning of its id",
      lines: ["evenkeel evidence container:4f5a90c1 > serving.json"],
    },
  ],
};
