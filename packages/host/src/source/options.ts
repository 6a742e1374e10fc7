import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Note } from "../text/note.ts";
import type { Tree } from "../tree/tree.ts";

/** Adds to a machine's topology what was measured on it. */
export type Calibrate = (topology: Topology, note: Note) => Promise<Topology>;

/** What reading a source needs of whoever asks for it. */
export interface SourceOptions {
  /**
   * Reads a Topology document. The schema is the contract package's, so the caller passes it in.
   */
  readonly parseTopology: (text: string, where: string) => Topology | Promise<Topology>;
  /** Takes what the user should know about the reading: a tool failed, two tools disagree, an
   * output is not whole, or it tells what a topology has no place for. */
  readonly note?: Note;
  /** Reads standard input to its end, for `-`. Without it, and without pipes, a path is a file. */
  readonly readStdin?: (maxBytes: number) => Promise<Uint8Array>;
  /** Whether a pipe may be named in place of a file: reading one waits, within bounds. */
  readonly pipes?: boolean;
  /** Takes the number of the machine's boot (`readBoot`), where the machine itself answers. */
  readonly booted?: (boot: string | null) => void;
  /** Adds what is known of the machine that this runs on: the calibration that is kept of it. */
  readonly calibrate?: Calibrate;
  /** Takes the files of the machine, where the source is a recording of them. */
  readonly recorded?: (tree: Tree) => void;
}
