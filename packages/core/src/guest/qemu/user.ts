import { isFrom, versionOf } from "../versions.ts";

/**
 * Makes a QEMU that root starts run as another user. It opens devices, files and sockets as root,
 * and becomes the user before the guest runs. `-runas` is deprecated since QEMU 9.1, which has
 * `-run-with user=` instead (docs/about/deprecated.rst).
 *
 * @param release QEMU's own words, `7.2.22` for example; null if they are unknown.
 */
export function userArguments(user: string, release: string | null): string[] {
  const version = release === null ? null : versionOf(release);
  const isNew = version !== null && isFrom(version, 9, 1);
  return isNew ? ["-run-with", `user=${user}`] : ["-runas", user];
}
