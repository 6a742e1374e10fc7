import { spawnSync, type SpawnSyncReturns } from "node:child_process";

/**
 * The Debian packages that tests hold Evenkeel against. A test that needs one and does not find
 * its program is skipped and says so.
 */
const packages = [
  "bubblewrap",
  "bzip2",
  "graphviz",
  "hwloc-nox",
  "libvirt-clients",
  "libvirt-daemon-system",
  "libxml2-utils",
  "openmpi-bin",
  "ovmf",
  "podman",
  "qemu-efi-aarch64",
  "qemu-system-arm",
  "qemu-system-x86",
  "strace",
  "xz-utils",
];

function isInstalled(name: string): boolean {
  const query = spawnSync("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]);
  return query.status === 0 && query.stdout.toString() === "installed";
}

/**
 * Installs the packages when run as root on Debian or Ubuntu; otherwise prints the line that would.
 */
export function ensureDebianPackages(): void {
  if (spawnSync("dpkg-query", ["--version"]).status !== 0) {
    console.log(
      "Not Debian or Ubuntu: tests against hwloc, libvirt and QEMU run if they are here.",
    );
    return;
  }
  const missing = ensurePackages(packages, "tests");
  if (missing.length === 0) return;
  console.log("Some tests will be skipped. To run all of them, install what they use:");
  console.log(`  sudo apt-get install --no-install-recommends ${missing.join(" ")}`);
}

/** Installs what is missing when run as root; gives what is missing still. */
export function ensurePackages(names: readonly string[], what: string): readonly string[] {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0 || process.getuid?.() !== 0) return missing;
  const started = performance.now();
  process.stdout.write(`Installing Debian packages for ${what} (${missing.join(" ")}) … `);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync("apt-get", ["-qq", ...args], { env, encoding: "utf8" });
  let done = apt("update");
  if (done.status === 0) done = apt("install", "-y", "--no-install-recommends", ...missing);
  console.log(
    `${done.status === 0 ? "done" : "FAILED"} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (done.status !== 0) console.log(`${done.stdout}${done.stderr}`);
  return names.filter((name) => !isInstalled(name));
}
