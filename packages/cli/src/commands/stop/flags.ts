/** The flags of `evenkeel stop`. */
export interface StopFlags {
  readonly timeout: number;
  readonly force: boolean;
  readonly state?: string;
  readonly output: "text" | "json";
}
