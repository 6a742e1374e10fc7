/** The flags of `evenkeel topology`. */
export interface TopologyFlags {
  readonly from: readonly string[];
  readonly diff?: string;
  readonly fit: readonly string[];
  readonly taken: readonly string[];
  readonly all: boolean;
  readonly policy?: string;
  readonly list: boolean;
  readonly output: "text" | "json" | "svg" | "nccl" | "dot";
}
