/** The flags of `evenkeel list`. */
export interface ListFlags {
  readonly state?: string;
  readonly wide: boolean;
  readonly output: "text" | "json";
}
