/** The flags of `evenkeel version`. */
export interface VersionFlags {
  readonly output: "text" | "json";
}
