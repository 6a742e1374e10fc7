/** The flags of `evenkeel place`. */
export interface PlaceFlags {
  readonly on: readonly string[];
  readonly fleet?: string;
  readonly "skip-unreadable": boolean;
  readonly taken: readonly string[];
  readonly flavor: readonly string[];
  readonly profile: readonly string[];
  readonly policy?: string;
  readonly calibration: readonly string[];
  readonly state?: string;
  readonly "away-from": readonly string[];
  readonly spread: boolean;
  readonly forecast: boolean;
  readonly output: "text" | "json" | "svg" | "libvirt";
}
