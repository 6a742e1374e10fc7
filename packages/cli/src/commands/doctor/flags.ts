/** The flags of `evenkeel doctor`. */
export interface DoctorFlags {
  readonly state?: string;
  readonly output: "text" | "json";
}
