/**
 * A machine's `/sys` and `/proc` below a movable root: this machine, a recording in a directory, or
 * an archive of one. Everything about a Linux machine is read through a Tree, so that every bug
 * report can become a test.
 *
 * Paths are absolute within the tree (`/sys/devices/system/node`). Symbolic links are followed
 * within the tree and never out of it. A missing or unreadable file is null: in sysfs that is
 * normal, not a failure.
 */
export interface Tree {
  /** The tree's location, for messages: `/`, `host7.tar.bz2`. */
  readonly where: string;
  /** Whether it is this machine itself: only there may anything be measured, bound or changed. */
  readonly live: boolean;
  /** The file's text as it stands, or null. */
  readText(path: string): string | null;
  readBytes(path: string): Uint8Array | null;
  /** The names in a directory, in code-unit order; none when there is no such directory. */
  list(path: string): readonly string[];
  /** The path with every symbolic link resolved, or null when nothing is there. */
  realPath(path: string): string | null;
  /**
   * The text of the symbolic link at the path, even if its target is missing: recordings keep the
   * link to a device's driver without the driver. Null where there is no link.
   */
  readLink(path: string): string | null;
}
