import { type Stats, statSync } from "node:fs";

/**
 * What a path that a user named leads to; null where nothing is there, or the system cannot look:
 * a folder on the way is closed to this user, links lead in a circle, a name is too long.
 */
export function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
