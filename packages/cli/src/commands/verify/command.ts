import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { vmScopes } from "@evenkeel/core/verify/verdict/verdict.ts";
import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { proposeSources } from "../../flags/sources.ts";
import { stateFlag } from "../../flags/state.ts";
import { proposeAnyVm } from "../../flags/vm-names.ts";
import type { VerifyFlags } from "./flags.ts";

function parsePid(input: string): number {
  if (/^[1-9]\d{0,8}$/.test(input)) return Number(input);
  throw new EvenkeelError("usage", `--pid is ${JSON.stringify(input)}`, {
    expected: "the number of a process",
    remedy: "ps -C qemu-system-x86_64 -o pid,args shows them",
  });
}

function parseSeconds(input: string): number {
  const seconds = /^\d{1,5}(?:\.\d{1,3})?$/.test(input) ? Number(input) : 0;
  if (seconds >= 0.1 && seconds <= 86_400) return seconds;
  throw new EvenkeelError("usage", `--interval is ${JSON.stringify(input)}`, {
    expected: "seconds from 0.1 to 86400",
    remedy: "write, for example, --interval 5",
  });
}

const parsed = <T>(parse: (input: string) => T, placeholder: string, brief: string) =>
  ({ kind: "parsed", parse, optional: true, placeholder, brief }) as const;

export const verifyCommand: CliCommand = {
  name: "verify",
  command: buildCommand<VerifyFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runVerify,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            proposeCompletions: proposeAnyVm,
            brief: "its name as in evenkeel list, in its plan, or in libvirt; or its UUID",
            placeholder: "VM",
          },
        ],
      },
      flags: {
        plan: parsed(
          String,
          "FILE",
          "its Plan, if not the one it was started with; - is standard input",
        ),
        evidence: parsed(String, "FILE", "a record of `evenkeel evidence`, instead of reading now"),
        pid: parsed(parsePid, "PID", "its QEMU process; found by UUID or name if not given"),
        qmp: parsed(
          String,
          "SOCKET",
          "the socket of QEMU's monitor, where its command line names none",
        ),
        "guest-report": parsed(String, "FILE", "the guest's own report"),
        root: parsed(String, "DIR", "the folder with /proc and /sys, if not /"),
        state: stateFlag,
        on: {
          ...parsed(String, "SRC", "the host's topology, for the cost of each finding"),
          proposeCompletions: proposeSources,
        },
        scope: {
          kind: "enum",
          values: vmScopes,
          optional: true,
          brief: "host: check what the host does; guest: check what the guest sees too",
        },
        watch: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "read again and again, and print what changes",
        },
        interval: {
          kind: "parsed",
          parse: parseSeconds,
          default: "10",
          placeholder: "SECONDS",
          brief: "the time between readings",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: for people; json: the Verdict (with --watch, one line per change)",
        },
      },
    },
    docs: {
      brief: "Check a running VM against its plan",
    },
  }),
  description: [
    "Reads the state of the VM from the kernel, QEMU and libvirt, and lists what differs from " +
      "the plan: each finding with its numbers, its cost where that is known, and the command " +
      "that corrects it.",
    "What could not be read never counts as correct. If what could not be read may hide a " +
      "difference, the answer is no, and what was missing is listed.",
    "With a report from the guest (`evenkeel guest report`, or the shell script that " +
      "`evenkeel guest script` prints) the verdict covers the guest too.",
    "Reading changes nothing. The memory of a guest with base pages takes the kernel some " +
      "milliseconds per GiB to count.",
    "Without --plan, verify takes the plan that the VM was started or adopted with, and asks " +
      "the libvirt that runs it. With --plan it asks the libvirt that LIBVIRT_DEFAULT_URI " +
      "names, or else qemu:///system.",
    "The exit status is 0 where the plan holds and 3 where it does not.",
  ],
  examples: [
    {
      does: "A VM that was started here",
      lines: ["evenkeel verify llm-a"],
    },
    {
      does: "A VM that was started in another way",
      lines: ["evenkeel verify llm-a --plan plan.json"],
    },
    {
      does: "With the guest's report, for a program",
      lines: ["evenkeel verify llm-a --plan plan.json --guest-report guest.txt --output json"],
    },
    {
      does: "Record the evidence, and check it elsewhere",
      lines: [
        "evenkeel evidence llm-a > evidence.json",
        "evenkeel verify llm-a --plan plan.json --evidence evidence.json",
      ],
    },
  ],
};
