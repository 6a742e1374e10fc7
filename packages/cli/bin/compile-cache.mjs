// Node compiles what it runs anew at every start, which takes longer than most commands. It can
// keep what it compiled. A cache holds code that will run, so it lies in a folder that only its
// owner can write to, or there is none. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
//
// Root's is in /var/cache/evenkeel where that is there, as the Debian package has it: root's home
// may be that of a user who called sudo, and what lies there would outlive the package.
import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/** Root's cache on a machine that has the Debian package. */
const systemCache = "/var/cache/evenkeel";

/**
 * Lets Node keep compiled sources in the user's cache folder; without effect where that is unsafe.
 */
export function useCompileCache() {
  try {
    const folder = cacheFolder();
    const { mode, uid } = lstatSync(folder);
    const isOwn = process.getuid === undefined || uid === process.getuid();
    const isFolder = (mode & 0o170000) === 0o040000;
    if (isOwn && isFolder && (mode & 0o022) === 0) enableCompileCache(folder);
  } catch {
    // No home, a full disk, a read-only one: it works without.
  }
}

function cacheFolder() {
  const given = process.env.XDG_CACHE_HOME;
  if (!given && process.getuid?.() === 0 && existsSync(systemCache)) return systemCache;
  const home = given || join(homedir(), ".cache");
  const folder = join(home, "evenkeel");
  for (const path of [home, folder]) make(path);
  return folder;
}

/** One folder, and not those above it: in /proc, Node makes those without end. */
function make(path) {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}
