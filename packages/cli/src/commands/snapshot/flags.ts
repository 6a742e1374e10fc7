/** The flags of `evenkeel snapshot`. */
export interface SnapshotFlags {
  readonly "with-serials": boolean;
  readonly output: "text" | "json";
}
