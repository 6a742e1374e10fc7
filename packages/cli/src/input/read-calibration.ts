import { combinedCalibrations } from "@evenkeel/core/calibration/combined.ts";
import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { calibrated } from "@evenkeel/core/cost/calibrated.ts";
import { isDigestOf } from "@evenkeel/core/topology/digest.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Calibrate } from "@evenkeel/host/source/options.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { stateFolderOf } from "../flags/state.ts";
import { writeNotes } from "../text/notes-text.ts";
import { readText } from "./read-text.ts";

/** Loads the schemas only for a calibration that is there: they take long to load. */
export async function parseCalibration(text: string, where: string): Promise<Calibration> {
  const { readDocument } = await import("@evenkeel/contract/read-document.ts");
  return readDocument(text, where, "Calibration");
}

/** What was measured on this machine, from the state folder. */
export function calibrationHere(state: string | undefined, surroundings: Surroundings): Calibrate {
  return async (topology, note) => {
    const { calibratedHere } = await import("@evenkeel/host/state/calibrations.ts");
    const folder = stateFolderOf(state, surroundings);
    return calibratedHere(folder, topology, parseCalibration, note);
  };
}

/**
 * Reads a Calibration from a file: the document, or the output of a tool that measures.
 * Errors: those of reading a document, and `text-unexpected`.
 */
export async function readCalibrationFile(
  path: string,
  surroundings: Surroundings,
): Promise<Calibration> {
  const expected = "a Calibration document, or the output of a tool such as mlc";
  const { text, where } = await readText(path, expected, surroundings);
  if (/^[ \t{]{0,20}["']?(?:apiVersion|kind)["']?\s{0,8}:/m.test(text.slice(0, 65_536))) {
    return parseCalibration(text, where);
  }
  const { readCalibration } = await import("@evenkeel/host/calibration/read-calibration.ts");
  return readCalibration(text, where);
}

/**
 * Gives machines the calibrations in files, each to the machines that it was measured on. One that
 * names no machine is taken to be of the only one: the operator's word is that it stands beside it.
 * Of several files for one machine, a later one counts before the earlier ones, and what only those
 * know stays, as far as figures of two tools go beside each other.
 *
 * Errors: `calibration-of-another` where it is of none of them, `calibration-of-unknown` where it
 * may be of several.
 */
export async function withCalibrations<Host extends { readonly topology: Topology }>(
  hosts: readonly Host[],
  paths: readonly string[],
  surroundings: Surroundings,
): Promise<readonly Host[]> {
  let result = hosts;
  const given = new Map<number, Calibration>();
  for (const path of paths) {
    const calibration = await readCalibrationFile(path, surroundings);
    const { topologyDigest: digest } = calibration;
    const isOf = ({ topology }: Host): boolean =>
      digest === null ? hosts.length === 1 : isDigestOf(digest, topology);
    const [first] = hosts;
    if (first !== undefined && !hosts.some(isOf)) {
      // Says what is wrong, of one machine; of several it is true of each.
      calibrated(first.topology, calibration);
    }
    const warned = new Set<string>();
    result = result.map((host, i) => {
      if (!isOf(host)) return host;
      const earlier = given.get(i);
      const { calibration: all, lost } =
        earlier === undefined
          ? { calibration, lost: [] }
          : combinedCalibrations(earlier, calibration);
      given.set(i, all);
      for (const what of lost) warned.add(`${path}: not used are ${what}`);
      const { topology, warnings } = calibrated(host.topology, all, { isOfThisMachine: true });
      for (const warning of warnings) warned.add(`${path}: ${warning}`);
      return { ...host, topology };
    });
    writeNotes(surroundings.stderr, [...warned]);
  }
  return result;
}
