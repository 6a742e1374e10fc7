/** The flags of `evenkeel topology`. */
export interface TopologyFlags {
  readonly from: readonly string[];
  readonly fleet?: string;
  readonly host?: string;
  readonly "skip-unreadable": boolean;
  readonly diff?: string;
  readonly fit: readonly string[];
  readonly taken: readonly string[];
  readonly state?: string;
  readonly all: boolean;
  readonly profile: readonly string[];
  readonly policy?: string;
  readonly list: boolean;
  readonly output: "text" | "json" | "svg" | "nccl" | "dot";
}
