/** What nobody could read, and why. */
export interface Unreadable {
  readonly what: string;
  readonly why: string;
}
