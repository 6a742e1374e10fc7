import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { type Scope, scopes } from "@evenkeel/core/verify/verdict/verdict.ts";
import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { proposeSources } from "../sources.ts";
import { stateFlag } from "../state-flag.ts";

export interface VerifyFlags {
  readonly plan?: string;
  readonly evidence?: string;
  readonly pid?: number;
  readonly qmp?: string;
  readonly "guest-report"?: string;
  readonly root?: string;
  readonly state?: string;
  readonly on?: string;
  readonly scope?: Scope;
  readonly watch: boolean;
  readonly interval: number;
  readonly output: "text" | "json" | "evidence";
}

function parsePid(input: string): number {
  if (/^[1-9]\d{0,8}$/.test(input)) return Number(input);
  throw new EvenkeelError("usage", `--pid is ${JSON.stringify(input)}`, {
    expected: "the number of a process",
  });
}

function parseSeconds(input: string): number {
  const seconds = /^\d{1,5}(?:\.\d{1,3})?$/.test(input) ? Number(input) : 0;
  if (seconds >= 0.1 && seconds <= 86_400) return seconds;
  throw new EvenkeelError("usage", `--interval is ${JSON.stringify(input)}`, {
    expected: "seconds from 0.1 to 86400",
  });
}

const parsed = <T>(parse: (input: string) => T, placeholder: string, brief: string) =>
  ({ kind: "parsed", parse, optional: true, placeholder, brief }) as const;

export const verifyCommand: CliCommand = {
  name: "verify",
  command: buildCommand<VerifyFlags, [string], CliContext>({
    loader: async () => (await import("./run.ts")).runVerify,
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            brief: "the VM, as evenkeel list or its plan names it",
            placeholder: "VM",
          },
        ],
      },
      flags: {
        plan: parsed(
          String,
          "FILE",
          "its Plan, if not the one that it was started by; - is standard input",
        ),
        evidence: parsed(String, "FILE", "Evidence that was read before, in place of reading it"),
        pid: parsed(parsePid, "PID", "its QEMU process; without it, the one of its name or UUID"),
        qmp: parsed(String, "SOCKET", "QEMU's monitor, where the command line does not name it"),
        "guest-report": parsed(String, "FILE", "what the guest reports of itself"),
        root: parsed(String, "DIR", "where /proc and /sys are, if not here"),
        state: stateFlag,
        on: {
          ...parsed(String, "SRC", "the host's topology, to price what lies wrong"),
          proposeCompletions: proposeSources,
        },
        scope: {
          kind: "enum",
          values: scopes,
          optional: true,
          brief: "host: what the host does; guest: what the guest sees too",
        },
        watch: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "read again and again, and tell what changes",
        },
        interval: {
          kind: "parsed",
          parse: parseSeconds,
          default: "10",
          placeholder: "SECONDS",
          brief: "how long to wait in between",
        },
        output: {
          kind: "enum",
          values: ["text", "json", "evidence"],
          default: "text",
          brief: "for people, the Verdict (with --watch a line a change), or the Evidence",
        },
      },
    },
    docs: {
      brief: "Hold a running VM against its plan",
    },
  }),
  description: [
    "Reads what is so from the kernel, QEMU and libvirt, and says what is otherwise than planned: each " +
      "finding with its numbers, what it costs where that is known, and the command that sets it right.",
    "What could not be read is never counted as holding: where the VM could be elsewhere than planned " +
      "without being seen, the answer is no, and says what was missing.",
    "A guest's own report, from `evenkeel guest report` or the shell script that " +
      "`evenkeel guest script` prints, makes the verdict one about the guest too.",
    "Reading changes nothing. The memory of a guest of base pages takes the kernel some milliseconds a GiB to count.",
    "Without --plan a VM is held against the plan by which evenkeel has started or adopted it, and the libvirt " +
      "that it was started with is asked; otherwise LIBVIRT_DEFAULT_URI names that, or it is qemu:///system.",
    "The exit status is 0 where the plan holds and 3 where it does not.",
  ],
  examples: [
    {
      does: "Does the VM that was started here run as planned?",
      lines: ["evenkeel verify llm-a"],
    },
    {
      does: "And one that was started otherwise?",
      lines: ["evenkeel verify llm-a --plan plan.json"],
    },
    {
      does: "For a program, with what the guest says",
      lines: ["evenkeel verify llm-a --plan plan.json --guest-report guest.txt --output json"],
    },
    {
      does: "Keep the evidence, and judge it elsewhere",
      lines: [
        "evenkeel verify llm-a --plan plan.json --output evidence > evidence.json",
        "evenkeel verify llm-a --plan plan.json --evidence evidence.json",
      ],
    },
  ],
};
