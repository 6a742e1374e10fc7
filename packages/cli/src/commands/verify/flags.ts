import type { Scope } from "@evenkeel/core/verify/verdict/verdict.ts";

/** The flags of `evenkeel verify`. */
export interface VerifyFlags {
  readonly plan?: string;
  readonly evidence?: string;
  readonly pid?: number;
  readonly qmp?: string;
  readonly "guest-report"?: string;
  readonly root?: string;
  readonly state?: string;
  readonly on?: string;
  readonly scope?: Scope;
  readonly watch: boolean;
  readonly interval: number;
  readonly output: "text" | "json";
}
