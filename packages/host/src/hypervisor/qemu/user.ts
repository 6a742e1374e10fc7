import { userInfo } from "node:os";
import { type EmulatorUser, emulatorUsers } from "../../procfs/process-record.ts";
import { liveTree } from "../../tree/directory-tree.ts";

const isRoot = (): boolean => process.getuid?.() === 0;

/** The unprivileged user that a QEMU of root's becomes; null where it stays the caller's. */
export function emulatorUser(): EmulatorUser | null {
  const [first = null] = isRoot() ? emulatorUsers(liveTree()) : [];
  return first;
}

/** Why a QEMU stays the caller's, and what helps. */
export function whyNoUser(): string {
  return isRoot()
    ? "QEMU runs as root, because this machine has no user evenkeel-qemu, libvirt-qemu or qemu; " +
        "useradd --system --shell /usr/sbin/nologin evenkeel-qemu makes one"
    : `QEMU runs as the user ${ownName()}, because only root can start it as another`;
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // The id of the caller has no name here.
    return `${process.getuid?.() ?? "unknown"}`;
  }
}
