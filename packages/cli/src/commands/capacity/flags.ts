/** The flags of `evenkeel capacity`. */
export interface CapacityFlags {
  readonly on: readonly string[];
  readonly fleet?: string;
  readonly "skip-unreadable": boolean;
  readonly taken: readonly string[];
  readonly flavor: readonly string[];
  readonly profile: readonly string[];
  readonly policy?: string;
  readonly state?: string;
  readonly restore: readonly string[];
  readonly signatures: boolean;
  readonly output: "text" | "json";
}
