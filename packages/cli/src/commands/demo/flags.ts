/** The flags of `evenkeel demo`. */
export interface DemoFlags {
  readonly on?: string;
  readonly out: string;
  readonly output: "text" | "json";
}
