import type { Topology } from "@evenkeel/core/topology/topology.ts";

/** What reading a source needs of whoever asks for it. */
export interface SourceOptions {
  /**
   * Reads a Topology document. The schema is the contract package's, so the caller passes it in.
   */
  readonly parseTopology: (text: string, where: string) => Topology | Promise<Topology>;
  /** Takes what the user should know about the reading: a tool failed, or two tools disagree. */
  readonly note?: (sentence: string) => void;
}
