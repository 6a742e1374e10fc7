/**
 * A machine's `/sys` and `/proc` behind a root that can be moved: this machine, a directory that
 * somebody recorded, or an archive of one. Everything Evenkeel knows of a Linux machine is read
 * through a Tree, so that every bug report can become a test.
 *
 * Paths are absolute within the tree (`/sys/devices/system/node`), symbolic links are followed
 * within it and never out of it, and what is absent or unreadable is null: in sysfs that is an
 * everyday answer, not a failure.
 */
export interface Tree {
  /** Where it was found, for messages: `/`, `host7.tar.bz2`. */
  readonly where: string;
  /** True of this machine itself: only there may anything be measured, bound or changed. */
  readonly live: boolean;
  /** The file's text as it stands, or null. */
  readText(path: string): string | null;
  readBytes(path: string): Uint8Array | null;
  /** The names in a directory, in code-unit order; none when there is no such directory. */
  list(path: string): readonly string[];
  /** The path with every symbolic link resolved, or null when nothing is there. */
  realPath(path: string): string | null;
  /**
   * What the symbolic link at the path says, even where it leads nowhere: recordings keep the link
   * to a device's driver without the driver. Null when there is no link.
   */
  readLink(path: string): string | null;
}
