/** What tells a file from every other on this machine. */
interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Whether two looks were at one file, by whatever name. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
