/** The flags of `evenkeel console`. */
export interface ConsoleFlags {
  readonly state?: string;
  readonly output: "text" | "json";
}
