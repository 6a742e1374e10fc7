/** The flags of `evenkeel evidence`. */
export interface EvidenceFlags {
  readonly root?: string;
  readonly qmp?: string;
  readonly "guest-report"?: string;
  readonly state?: string;
  readonly output: "json";
}
