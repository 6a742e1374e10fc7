import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { readCalibration } from "@evenkeel/host/calibration/read-calibration.ts";
import { findEmulators } from "@evenkeel/host/holding/emulators.ts";
import { type HeldHere, readHoldings } from "@evenkeel/host/holding/read-holdings.ts";
import { measureMachine, type MeasureProgress } from "@evenkeel/host/measure/measure.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { readText } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import { localHost } from "../../input/vm-host.ts";
import { calibrationText } from "../../text/calibration-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { writeNotes } from "../../text/notes-text.ts";
import { restartedLine } from "../../text/terminal-text.ts";
import type { MeasureFlags } from "./flags.ts";

export async function runMeasure(this: CliContext, flags: MeasureFlags): Promise<void> {
  const { surroundings } = this;
  const { read, output } = flags;
  if (flags.gentle && flags.full) throw twoWays();
  const calibration =
    read === undefined ? await measureHere(flags, this) : await readMeasured(read, this);
  if (calibration.memory.length + calibration.copies.length + calibration.loaded.length === 0) {
    this.finish(exitStatus.unknown);
  }
  const isJson = output === "json";
  surroundings.stdout.write(isJson ? jsonText(calibration) : calibrationText(calibration));
  if (!isJson) writeNotes(surroundings.stderr, calibration.warnings);
}

function twoWays(): EvenkeelError {
  return new EvenkeelError("usage", "--gentle and --full are both given", {
    where: "--gentle",
    expected: "one of them, or none",
    remedy: "leave out one of them",
  });
}

async function readMeasured(path: string, { surroundings }: CliContext): Promise<Calibration> {
  const expected = "the output of a tool that measures memory, such as mlc";
  const { text, where } = await readText(path, expected, surroundings);
  return readCalibration(text, where);
}

async function measureHere(
  flags: MeasureFlags,
  { surroundings }: CliContext,
): Promise<Calibration> {
  const { clock, env, version, stderr, interrupted } = surroundings;
  const topology = await readTopology("live", surroundings);
  const { tree } = localHost(surroundings);
  const held = heldHere(tree());
  const isGentle = flags.gentle || (held.length > 0 && !flags.full);
  if (isGentle && !flags.gentle) {
    const vms = held.length === 1 ? "a VM runs" : `${held.length} VMs run`;
    writeNotes(stderr, [`${vms} here, so only idle cores and free memory are used (--full)`]);
  }
  const progress = progressOn(stderr);
  const calibration = await measureMachine(topology, {
    memoryBytes: flags.memory ?? null,
    timeMs: flags.time ?? null,
    everyPair: flags.all,
    isGentle,
    held,
    tree,
    clock,
    signal: interrupted(),
    version,
    path: env["PATH"] ?? "",
    progress: progress.show,
  });
  progress.clear();
  return calibration;
}

/** What the VMs on this machine hold, whoever started them. */
function heldHere(tree: Parameters<typeof findEmulators>[0]): readonly HeldHere[] {
  const found = findEmulators(tree);
  const vms = found.emulators.filter(({ runsVm }) => runsVm);
  return readHoldings(tree, [], [], { ...found, emulators: vms }).held;
}

/** Shows progress in one line on a terminal, and nothing elsewhere. */
function progressOn(stderr: CliContext["surroundings"]["stderr"]): {
  readonly show: (step: MeasureProgress) => void;
  readonly clear: () => void;
} {
  const write = (text: string): void => {
    if (stderr.isTTY) stderr.write(`${restartedLine}${text}`);
  };
  return {
    show: ({ cell, index, cells, leftMs }) => {
      const width = 20;
      const done = Math.round((width * index) / cells);
      const bar = `${"█".repeat(done)}${"░".repeat(width - done)}`;
      const who = cell.kind === "one-core" ? "a core" : "all cores";
      const what = `${who} of node ${cell.initiator}, memory of node ${cell.target}`;
      write(`${bar} ${index + 1} of ${cells}: ${what}; about ${Math.ceil(leftMs / 1000)} s left`);
    },
    clear: () => write(""),
  };
}
