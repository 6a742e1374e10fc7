/** The flags of `evenkeel measure`. */
export interface MeasureFlags {
  /** Milliseconds. */
  readonly time?: number;
  readonly memory?: number;
  readonly all: boolean;
  readonly gentle: boolean;
  readonly full: boolean;
  readonly read?: string;
  readonly keep: boolean;
  readonly replace: boolean;
  readonly state?: string;
  readonly output: "text" | "json" | "svg";
}
