import { buildCommand } from "@stricli/core";
import { bindingModes, memoryBindings } from "@evenkeel/core/binding/binding.ts";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { timeIn } from "../../flags/time.ts";
import { proposeSources } from "../../flags/sources.ts";
import type { ExecFlags } from "./flags.ts";

export const execCommand: CliCommand = {
  name: "exec",
  ownFailure: 125,
  command: buildCommand<ExecFlags, string[], CliContext>({
    loader: async () => (await import("./run.ts")).runExec,
    parameters: {
      aliases: { o: "output" },
      positional: {
        kind: "array",
        parameter: {
          parse: String,
          brief: "the command, after --",
          placeholder: "CMD",
        },
      },
      flags: {
        gpu: {
          kind: "parsed",
          parse: String,
          variadic: ",",
          default: [],
          brief:
            "beside which GPUs: numbers as the command will count them, PCI addresses, or UUIDs",
          placeholder: "GPU",
        },
        rank: {
          kind: "enum",
          values: ["auto", "none"],
          optional: true,
          brief:
            "auto: the GPU of a launcher's local rank, which must be there; none: ignore ranks. " +
            "Without it a rank counts where there is one",
        },
        mode: {
          kind: "enum",
          values: bindingModes,
          default: "node",
          brief:
            "node: all CPUs of the GPUs' nodes; socket: of their sockets; exclusive: whole cores " +
            "for this command alone; core-complex: those below one last-level cache a GPU",
        },
        memory: {
          kind: "enum",
          values: memoryBindings,
          default: "strict",
          brief: "strict: from these nodes only; preferred: from them while they have any",
        },
        nic: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "choose the nearest RDMA NICs too, for NCCL and UCX",
        },
        require: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "run the command only if it is bound as asked",
        },
        verify: {
          kind: "parsed",
          parse: timeIn("--verify"),
          optional: true,
          brief:
            "look at the command after this time, and say on standard error whether its threads and " +
            "memory, and those of what it has started, are where it was bound",
          placeholder: "TIME",
        },
        verdict: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "with --verify, write the Verdict document to this file too",
          placeholder: "FILE",
        },
        "dry-run": {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "print what would be done and why, and run nothing",
        },
        on: {
          kind: "parsed",
          parse: String,
          default: "live",
          proposeCompletions: proposeSources,
          brief: "with --dry-run, another machine",
          placeholder: "SRC",
        },
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text: for people; json: the Binding document, of --dry-run",
        },
      },
    },
    docs: { brief: "Become a command beside its GPU: CPUs, memory, environment" },
  }),
  description: [
    "Finds the GPUs that the command works with, the node of each in the PCI tree, and binds CPUs and " +
      "memory there before the command's first instruction; its threads and children inherit both. " +
      "Then it becomes the command: same process, terminal, signals and exit status.",
    "Which GPUs: --gpu, or the local rank that torchrun, Slurm or MPI have set, or all that " +
      "CUDA_VISIBLE_DEVICES and the like leave. What nobody tells, such as the node of a GPU, leaves " +
      "the command as it is, and a line says so; --require refuses then.",
    "It stays within the CPUs and nodes that it was given. Where a container refuses a system call " +
      "it steps down, from strict memory to preferred to CPUs alone, and says what it reached: on " +
      "standard error, and to the command in EVENKEEL_BINDING.",
    "--verify looks later: from numa_maps and the threads' masks, the page cache left out. What looks " +
      "is no child of the command, has the CPUs that evenkeel was started with, and ends with the " +
      "command at the latest. evenkeel doctor PID shows the same at any time.",
    "The exit status is the command's; 125 where evenkeel failed or refused, 126 where the command " +
      "cannot be run, 127 where there is none.",
  ],
  examples: [
    { does: "A worker beside its GPU", lines: ["evenkeel exec --gpu 0 -- python3 serve.py"] },
    {
      does: "Every worker of a launcher, with cores of its own",
      lines: ["torchrun --no-python evenkeel exec --mode exclusive -- python3 train.py"],
    },
    {
      does: "A worker whose binding is looked at once it is busy",
      lines: ["evenkeel exec --gpu 0 --verify 30s -- python3 serve.py"],
    },
    {
      does: "What it would do on another machine",
      lines: ["evenkeel exec --gpu 3 --dry-run --on machine:dgx-a100 -- true"],
    },
  ],
};
