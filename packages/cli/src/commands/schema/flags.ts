/** The flags of `evenkeel schema`. */
export interface SchemaFlags {
  readonly output: "text" | "json";
}
