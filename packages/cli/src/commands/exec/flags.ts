import type { BindingMode, MemoryBinding } from "@evenkeel/core/binding/binding.ts";

/** The flags of `evenkeel exec`. */
export interface ExecFlags {
  readonly gpu: readonly string[];
  readonly rank?: "auto" | "none";
  readonly mode: BindingMode;
  readonly memory: MemoryBinding;
  readonly nic: boolean;
  readonly require: boolean;
  /** When to look at the command, in milliseconds. */
  readonly verify?: number;
  readonly verdict?: string;
  readonly "dry-run": boolean;
  readonly on: string;
  readonly output: "text" | "json";
}
