/** The flags of `evenkeel doctor`. */
export interface DoctorFlags {
  readonly state?: string;
  readonly fix: boolean;
  readonly yes: boolean;
  readonly undo: boolean;
  readonly output: "text" | "json";
}
