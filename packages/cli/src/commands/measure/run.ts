import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { drawCalibration } from "@evenkeel/core/cost/draw/calibration-svg.ts";
import { calibrationText } from "@evenkeel/core/cost/draw/calibration-text.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { findEmulators } from "@evenkeel/host/holding/emulators.ts";
import { type HeldHere, readHoldings } from "@evenkeel/host/holding/read-holdings.ts";
import { measureMachine, type MeasureProgress } from "@evenkeel/host/measure/measure.ts";
import { storeCalibration } from "@evenkeel/host/state/calibrations.ts";
import type { Tree } from "@evenkeel/host/tree/tree.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { stateFolderOf } from "../../flags/state.ts";
import { parseCalibration, readCalibrationFile } from "../../input/read-calibration.ts";
import { readTopology } from "../../input/read-topology.ts";
import { localHost } from "../../input/vm-host.ts";
import { jsonText } from "../../text/json-text.ts";
import { progressOn } from "../../command/progress.ts";
import { writeNotes } from "../../text/notes-text.ts";
import type { MeasureFlags } from "./flags.ts";

export async function runMeasure(this: CliContext, flags: MeasureFlags): Promise<void> {
  const { surroundings, columns } = this;
  const { read, keep, output } = flags;
  if (flags.gentle && flags.full) throw twoWays();
  const { stdout } = surroundings;
  const isHere = read === undefined || keep;
  const topology = isHere ? await readTopology("live", surroundings) : null;
  const calibration =
    read === undefined && topology !== null
      ? await measureHere(topology, flags, this)
      : await readCalibrationFile(read ?? "", surroundings);
  if (isEmpty(calibration)) this.finish(exitStatus.unknown);
  switch (output) {
    case "json":
      stdout.write(jsonText(calibration));
      break;
    case "svg":
      stdout.write(drawCalibration(calibration));
      break;
    case "text":
      stdout.write(calibrationText(calibration, columns));
  }
  if (topology !== null && !isEmpty(calibration)) {
    await keepCalibration(topology, calibration, flags, this);
  }
}

function isEmpty({ memory, total, loaded, copies, peers }: Calibration): boolean {
  return memory.length + total.length + loaded.length + copies.length + peers.length === 0;
}

/**
 * Keeps what was measured for this machine's commands. What was read from a file is kept because
 * somebody said so, and not to keep it is an error then; a measurement is worth having anyway.
 */
async function keepCalibration(
  topology: Topology,
  calibration: Calibration,
  { state, replace, read }: MeasureFlags,
  { surroundings }: CliContext,
): Promise<void> {
  const folder = stateFolderOf(state, surroundings);
  const asked = { parse: parseCalibration, isReplacing: replace, isOfThisMachine: true };
  try {
    const { isStored, lost } = await storeCalibration(folder, topology, calibration, asked);
    if (isStored) return;
    writeNotes(surroundings.stderr, [
      "not kept, because what is kept of this machine would lose something (--replace keeps it)",
      ...lost,
    ]);
  } catch (error) {
    if (!(error instanceof EvenkeelError) || read !== undefined) throw error;
    writeNotes(surroundings.stderr, [`the calibration is not kept: ${error.message}`]);
  }
}

function twoWays(): EvenkeelError {
  return new EvenkeelError("usage", "--gentle and --full are both given", {
    where: "--gentle",
    expected: "one of them, or none",
    remedy: "leave out one of them",
  });
}

async function measureHere(
  topology: Topology,
  flags: MeasureFlags,
  { surroundings }: CliContext,
): Promise<Calibration> {
  const { clock, env, version, stderr, interrupted } = surroundings;
  const { tree } = localHost(surroundings);
  const { held, mayBeMore } = heldHere(tree());
  const hasVms = held.length > 0 || mayBeMore;
  const isGentle = flags.gentle || (hasVms && !flags.full);
  if (isGentle && !flags.gentle) {
    const vms =
      held.length === 0
        ? "a VM may run"
        : held.length === 1
          ? "a VM runs"
          : `${held.length} VMs run`;
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
    progress: (step) => progress.show(stepText(step)),
  });
  progress.clear();
  return calibration;
}

/** What the VMs on this machine hold, and whether there may be more that nobody here can see. */
function heldHere(tree: Tree): { readonly held: readonly HeldHere[]; readonly mayBeMore: boolean } {
  const found = findEmulators(tree);
  const vms = found.emulators.filter(({ runsVm }) => runsVm);
  const { held } = readHoldings(tree, [], [], { ...found, emulators: vms });
  return { held, mayBeMore: found.closed.some(({ saysQemu }) => saysQemu) };
}

/** A cell that is being measured, with a bar of what is done and the time left. */
function stepText({ cell, index, cells, leftMs }: MeasureProgress): string {
  const width = 20;
  const done = Math.round((width * index) / cells);
  const bar = `${"█".repeat(done)}${"░".repeat(width - done)}`;
  const who = cell.kind === "one-core" ? "a core" : "all cores";
  const what = `${who} of node ${cell.initiator}, memory of node ${cell.target}`;
  return `${bar} ${index + 1} of ${cells}: ${what}; about ${Math.ceil(leftMs / 1000)} s left`;
}
