/** What `evenkeel guest` does. */
export const tasks = ["check", "report", "script"] as const;
export type GuestTask = (typeof tasks)[number];

/** The flags of `evenkeel guest`. */
export interface GuestFlags {
  readonly contract?: string;
  readonly root?: string;
  readonly output: "text" | "json";
}
