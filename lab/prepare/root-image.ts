import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { built, cacheFolder } from "./cache.ts";
import { run } from "./run.ts";

/** The emulated host's packages beside Debian's essential ones. */
const packages = [
  "busybox-static",
  "iproute2",
  "kmod",
  "libvirt-clients",
  "libvirt-daemon-system",
  "numactl",
  "pciutils",
  "procps",
  "qemu-system-x86",
  "util-linux",
];

/**
 * The emulated host's root file system as a read-only image: Debian in this machine's release, with
 * libvirt and QEMU, built from this machine's package sources and signing keys.
 */
export async function rootImage(): Promise<string> {
  const release = readFileSync("/etc/os-release", "utf8");
  const suite = /^VERSION_CODENAME=(\S+)/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || suite === undefined) {
    throw new Error("the lab's emulated host is built from Debian's packages, on Debian");
  }
  return built("root.erofs", [suite, ...packages], async (target) => {
    const folder = join(cacheFolder, `partial-root-${process.pid}`);
    try {
      await run("mmdebstrap", [
        "--mode=root",
        "--variant=apt",
        `--include=${packages.join(",")}`,
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        suite,
        folder,
        ...sourceLists(),
      ]);
      await run("mkfs.erofs", [target, folder]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

function sourceLists(): readonly string[] {
  const folder = "/etc/apt/sources.list.d";
  const lists = readdirSync(folder).filter((name) => /\.(sources|list)$/.test(name));
  const all = lists.map((name) => join(folder, name));
  return all.length > 0 ? all : ["/etc/apt/sources.list"];
}
