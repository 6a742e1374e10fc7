import type { SystemFamily } from "@evenkeel/core/prepare/setting.ts";

/**
 * The family of distributions that a machine's `os-release` names, by itself or as what it is like;
 * null where it is another, or there is no such file.
 * https://www.freedesktop.org/software/systemd/man/os-release.html
 */
export function systemFamily(osRelease: string | null): SystemFamily | null {
  const ids = [...(osRelease ?? "").matchAll(/^ID(?:_LIKE)?=["']?([a-z0-9 ._-]*)["']?$/gm)];
  const words = new Set(ids.flatMap(([, list = ""]) => list.split(" ")));
  if (words.has("debian") || words.has("ubuntu")) return "debian";
  return words.has("fedora") || words.has("rhel") ? "fedora" : null;
}
