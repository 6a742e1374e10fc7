/** The flags of `evenkeel why`. */
export interface WhyFlags {
  readonly gap?: number;
  readonly state?: string;
  readonly output: "text" | "json" | "html";
}
