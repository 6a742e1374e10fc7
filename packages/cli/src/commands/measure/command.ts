import { buildCommand } from "@stricli/core";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { MiB, parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import { stateFlag } from "../../flags/state.ts";
import { timeIn } from "../../flags/time.ts";
import type { MeasureFlags } from "./flags.ts";

function parseMemory(input: string): number {
  const bytes = parseQuantity(input);
  if (bytes !== null && bytes >= 64 * MiB) return bytes;
  throw new EvenkeelError("usage", `--memory is ${JSON.stringify(input)}`, {
    expected: "at least 64Mi, such as 2Gi",
    remedy: "write the number with its unit: Mi or Gi",
  });
}

export const measureCommand: CliCommand = {
  name: "measure",
  command: buildCommand<MeasureFlags, [], CliContext>({
    loader: async () => (await import("./run.ts")).runMeasure,
    parameters: {
      aliases: { o: "output" },
      flags: {
        time: {
          kind: "parsed",
          parse: timeIn("--time"),
          optional: true,
          brief: "the most time to take; about a minute for two nodes if not given",
          placeholder: "TIME",
        },
        memory: {
          kind: "parsed",
          parse: parseMemory,
          optional: true,
          brief: "the most memory to take at once; 4Gi if not given, and half of what is available",
          placeholder: "SIZE",
        },
        all: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "latency under load for all pairs of nodes, not only near and far ones",
        },
        gentle: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief:
            "use idle cores and free memory alone, with the lowest priority, and stop when load " +
            "comes; so it is where a VM runs, unless --full is given",
        },
        full: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "use all cores and what memory can be freed, though a VM runs",
        },
        read: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "measure nothing: read what another tool measured; - is standard input",
          placeholder: "FILE",
        },
        keep: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief:
            "with --read: it was measured on this machine; keep it for placing and verifying here",
        },
        replace: {
          kind: "boolean",
          default: false,
          withNegated: false,
          brief: "keep it though what is kept of this machine knows more",
        },
        state: stateFlag,
        output: {
          kind: "enum",
          values: ["text", "json", "svg"],
          brief:
            "text: matrices; json: the Calibration document; svg: a picture, heat maps and curves",
          default: "text",
        },
      },
    },
    docs: { brief: "Measure what distance costs on this machine" },
  }),
  description: [
    "measure reads and writes memory of every node from the CPUs of every node: how long a read takes " +
      "that needs the one before it, how much one core and all cores of a node read, write and copy " +
      "in a second, and how long a read takes while the other cores load the memory. Where " +
      "nvbandwidth is installed it measures copies between each node's memory and each accelerator " +
      "too, alone and all at once.",
    "The kernel is asked meanwhile on which CPUs the threads run and on which nodes their pages are. " +
      "A figure of which it says otherwise is measured again, and if that stays it is left out with a " +
      "warning.",
    "It takes no memory that is not free, leaves a margin on each node, and gives everything back " +
      "when it ends, however it ends. Interrupt it to have what it has measured so far. What disturbed it is " +
      "told: time that a hypervisor gave to others (steal) and that other processes had. On emulated CPUs " +
      "times mean nothing, and it says so.",
    "The distances that firmware shows are held against the latencies: memory that is shown farther " +
      "and is not slower, or shown equally far and is, is told. In a guest that is whether its " +
      "topology is true.",
    "What was measured is kept in the state folder for this machine, and priced by from then on: by " +
      "place, why, verify and the others. What only an earlier measurement knows stays. With --read it " +
      "prints what mlc, STREAM, lat_mem_rd, nvbandwidth and other tools have measured, or a Calibration " +
      "document; with --keep too it is kept.",
    "The exit status is 4 when nothing could be measured, and the notes say why.",
  ],
  examples: [
    { does: "What distance costs here", lines: ["evenkeel measure"] },
    {
      does: "In ten seconds, as a document for programs",
      lines: ["evenkeel measure --time 10s --output json"],
    },
    {
      does: "What Intel's mlc measured, as a picture",
      lines: ["evenkeel measure --read mlc.txt --output svg >mlc.svg"],
    },
  ],
};
