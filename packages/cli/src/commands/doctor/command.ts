import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeAnyVm } from "../../flags/vm-names.ts";
import type { DoctorFlags } from "./flags.ts";

export const doctorCommand: CliCommand = {
  name: "doctor",
  command: buildCommand<DoctorFlags, string[], CliContext>({
    loader: async () => (await import("./run.ts")).runDoctor,
    parameters: {
      aliases: { o: "output", y: "yes" },
      positional: {
        kind: "array",
        parameter: {
          parse: String,
          proposeCompletions: proposeAnyVm,
          brief: "a VM's name, a PID, container:ID, or the file of a record",
          placeholder: "SUBJECT",
        },
      },
      flags: {
        fix: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "say what of it can be mended while it runs, and with --yes mend it",
        },
        yes: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "carry out what --fix or --undo would do",
        },
        undo: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "take back the last fix",
        },
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: for people; json: the Diagnosis",
        },
      },
    },
    docs: { brief: "Find what slows down this machine, its VMs or a process" },
  }),
  description: [
    "Looks for everything in docs/causes.md: where memory and threads lie, how the kernel and " +
      "the processors are set, links, devices, and what a guest is shown. Without a subject it " +
      "looks at this machine and every VM on it. It needs no plan and changes nothing.",
    "What could not be read is listed with what would tell; it never counts as in order.",
    "--fix mends what can be mended while the named subjects run: the CPUs of threads and of " +
      "interrupts, and pages on other nodes where nothing pins them. It only says what it would do " +
      "unless --yes is there too. Settings of the kernel, boot options and firmware are printed, " +
      "never changed. How to take a fix back is on disk before the first change; --undo does it.",
    "The exit status is 0 where nothing wrong was found and 3 where something was.",
  ],
  examples: [
    { does: "This machine and its VMs", lines: ["evenkeel doctor"] },
    { does: "One process, whatever it is", lines: ["evenkeel doctor 4711"] },
    { does: "Mend it while it runs", lines: ["evenkeel doctor 4711 --fix --yes"] },
  ],
};
