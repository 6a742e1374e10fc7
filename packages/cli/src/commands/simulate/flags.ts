/** The flags of `evenkeel simulate`. */
export interface SimulateFlags {
  readonly world: string;
  readonly numa: boolean;
  readonly hosts?: string;
  readonly policies?: string;
  readonly seed: string;
  readonly seeds: string;
  readonly output: "text" | "json" | "svg";
}
