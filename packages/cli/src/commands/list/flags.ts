/** The flags of `evenkeel list`. */
export interface ListFlags {
  readonly state?: string;
  readonly output: "text" | "json";
}
