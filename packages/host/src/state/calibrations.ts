import { closeSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { combinedCalibrations } from "@evenkeel/core/calibration/combined.ts";
import { calibrated } from "@evenkeel/core/cost/calibrated.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { readOpenText } from "../file/read-file.ts";
import type { Note } from "../text/note.ts";
import { makePrivateFolder, unusable, writeDurably } from "./durable.ts";
import { openTrusted } from "./trusted.ts";

/** Parses a Calibration. The schema is the contract package's, so the caller passes this in. */
export type ParseCalibration = (text: string, where: string) => Calibration | Promise<Calibration>;

/** A machine with 64 nodes and 16 accelerators takes some two megabytes. */
const maxBytes = 16 * MiB;

const expected = "a Calibration that evenkeel measure wrote";

/** What became of a calibration that was to be kept. */
export interface Stored {
  readonly path: string;
  /** Whether it is kept now; false where that would lose something and nobody said so. */
  readonly isStored: boolean;
  /** What is kept now, or would be: with what only the one before knows. */
  readonly calibration: Calibration;
  /** What the one before knows and this one does not, as sentences. */
  readonly lost: readonly string[];
}

/**
 * Keeps the calibration of a machine in the state folder, one a machine, by the digest of its
 * topology. What only the one before knows stays (`combinedCalibrations`). Where something would be
 * lost it is not kept, unless the caller says so.
 *
 * @param topology the machine that was measured, which the calibration then belongs to.
 * @param isReplacing whether what is lost may be lost.
 * @param isOfThisMachine the operator's word, where the calibration names no machine.
 *
 * Errors: `calibration-of-another`, `calibration-of-unknown`, `state-untrusted`, `state-unusable`.
 */
export async function storeCalibration(
  folder: string,
  topology: Topology,
  given: Calibration,
  {
    parse,
    isReplacing = false,
    isOfThisMachine = false,
  }: {
    readonly parse: ParseCalibration;
    readonly isReplacing?: boolean;
    readonly isOfThisMachine?: boolean;
  },
): Promise<Stored> {
  const { topology: own } = calibrated(topology, given, { isOfThisMachine });
  // An emulated machine's prices nothing, and is kept all the same: it says where things were.
  const fresh = own.calibration ?? { ...given, topologyDigest: topologyDigest(topology) };
  const path = pathOf(folder, topologyDigest(topology));
  const kept = await readKept(path, parse);
  const { calibration, lost } =
    kept === null ? { calibration: fresh, lost: [] } : combinedCalibrations(kept, fresh);
  if (lost.length > 0 && !isReplacing) return { path, isStored: false, calibration, lost };
  const text = `${JSON.stringify(calibration, null, 2)}\n`;
  // What no command could read would be worse than none.
  await parse(text, path);
  await makePrivateFolder(folder);
  await makePrivateFolder(join(folder, "calibrations"));
  await writeDurably(path, text);
  return { path, isStored: true, calibration, lost };
}

/**
 * The calibration that is kept of a machine; null where there is none, or it is not for this user
 * to read. Errors: `state-untrusted`, and those of the parser.
 */
export async function storedCalibration(
  folder: string,
  topology: Topology,
  parse: ParseCalibration,
): Promise<Calibration | null> {
  return readKept(pathOf(folder, topologyDigest(topology)), parse);
}

/**
 * A machine with the calibration that is kept of it. Prices are no reason to fail: a file that
 * cannot be used is told of, and the machine is as it was.
 */
export async function calibratedHere(
  folder: string,
  topology: Topology,
  parse: ParseCalibration,
  note: Note,
): Promise<Topology> {
  try {
    const kept = await storedCalibration(folder, topology, parse);
    if (kept === null) return topology;
    const { topology: own } = calibrated(topology, kept);
    if (kept.conditions.isEmulated === true) {
      note("the calibration of this machine is not used: it was measured on emulated CPUs");
    }
    return own;
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    const where = error.where === null ? "" : ` ${error.where}:`;
    note(`the calibration of this machine is not used:${where} ${error.message}`);
    return topology;
  }
}

const pathOf = (folder: string, digest: string): string =>
  join(folder, "calibrations", `${digest.replace("sha256:", "")}.json`);

async function readKept(path: string, parse: ParseCalibration): Promise<Calibration | null> {
  if (!existsSync(path)) return null;
  return parse(readTrusted(path), path);
}

function readTrusted(path: string): string {
  let file: number;
  try {
    file = openTrusted(path, constants.O_RDONLY);
  } catch (cause) {
    throw unusable(path, cause);
  }
  try {
    return readOpenText(file, path, { maxBytes, expected });
  } finally {
    closeSync(file);
  }
}
