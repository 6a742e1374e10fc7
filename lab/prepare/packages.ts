import { spawnSync } from "node:child_process";
import { ensurePackages } from "../../tools/debian-packages.ts";

/** The Debian packages that the lab builds and boots with. */
const packages = [
  "busybox-static",
  "cpio",
  "erofs-utils",
  "gcc",
  "kmod",
  "libc6-dev",
  "lz4",
  "mmdebstrap",
  "qemu-system-x86",
];

/** Installs them if run as root on Debian; otherwise an error lists what is missing. */
export function ensureLabPackages(): void {
  const missing = ensurePackages(packages, "the lab");
  if (missing.length > 0) {
    throw new Error(`the lab needs ${missing.join(", ")}, which root installs on Debian`);
  }
  if (spawnSync("id", ["-u"], { encoding: "utf8" }).stdout.trim() !== "0") {
    throw new Error("the lab builds its root file system as root");
  }
}
