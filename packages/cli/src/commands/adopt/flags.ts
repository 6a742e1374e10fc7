/** The flags of `evenkeel adopt`. */
export interface AdoptFlags {
  readonly plan?: string;
  readonly undo: boolean;
  readonly policy?: string;
  readonly state?: string;
  readonly output: "text" | "json";
}
