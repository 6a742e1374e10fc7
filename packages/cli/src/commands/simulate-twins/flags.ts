/** The flags of `evenkeel simulate twins`. */
export interface SimulateTwinsFlags {
  readonly on?: string;
  readonly count: string;
  readonly load: string;
  readonly workload?: string;
  readonly flavor: readonly string[];
  readonly profile: readonly string[];
  readonly policy?: string;
  readonly seed: string;
  readonly output: "text" | "json" | "svg";
}
