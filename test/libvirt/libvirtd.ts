import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A system libvirtd of its own, which knows nothing of the machine's and leaves nothing behind. */
export interface Libvirtd {
  /** Under which virsh finds it. */
  readonly uri: string;
  /** Runs one virsh command; rejects with what it says when it fails. */
  readonly virsh: (...command: readonly string[]) => Promise<string>;
  /** Writes a file that libvirtd and virsh can read, and gives its path. */
  readonly file: (name: string, text: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface LibvirtdOptions {
  /**
   * How many NUMA nodes the host is to have, all with this machine's CPUs and memory; by default
   * its own. libvirt asks the kernel which there are before it writes a command line, and most
   * machines that run tests have one.
   */
  readonly hostNodes?: number;
}

/**
 * What the daemon runs in: namespaces of mounts (every folder it would write to is an empty tmpfs),
 * of the network (none) and of processes, which all end with the first. The shell stays as that
 * first process to reap what libvirt leaves: without it libvirt waits 40 s for each.
 */
const script = `
set -e
folder=$1 nodes=$2 sys=/sys/devices/system/node
for writable in /etc/libvirt /run /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
  mkdir -p $writable
  mount -t tmpfs tmpfs $writable
done
mkdir -p /run/libvirt /run/hugepages /var/log/libvirt/qemu
mount -t hugetlbfs -o pagesize=2M none /run/hugepages
if [ $nodes -gt 0 ]; then
  mkdir /run/node0
  for entry in cpulist cpumap meminfo distance; do cat $sys/node0/$entry > /run/node0/$entry; done
  mount -t tmpfs tmpfs $sys
  for node in $(seq 0 $((nodes - 1))); do cp -r /run/node0 $sys/node$node; done
  for entry in online possible has_memory has_normal_memory; do echo 0-$((nodes - 1)) > $sys/$entry; done
  echo 0 > $sys/has_cpu
fi
cp $folder/qemu.conf /etc/libvirt/qemu.conf
PATH=$PATH:/usr/sbin:/sbin
libvirtd -f $folder/libvirtd.conf -p /run/libvirtd.pid &
wait $!
`;

const qemuConf = `
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
remember_owner = 0
hugetlbfs_mount = "/run/hugepages"
`;

/** What the script takes for the host's own nodes. */
const ownNodes = 0;

/** It takes 2 to 3 s on a quiet machine, and asks every emulator what it can. */
export const START_TIMEOUT_MS = 90_000;

/**
 * Starts it and waits until it answers; callers stop it. It also ends with this process, however
 * that ends.
 */
export async function startLibvirtd({
  hostNodes = ownNodes,
}: LibvirtdOptions = {}): Promise<Libvirtd> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-libvirt-"));
  const log = join(folder, "libvirtd.log");
  const conf = [
    `unix_sock_dir = "${folder}"`,
    'auth_unix_rw = "none"',
    `log_outputs = "3:file:${log}"`,
  ];
  await writeFile(join(folder, "libvirtd.conf"), conf.join("\n"));
  await writeFile(join(folder, "qemu.conf"), qemuConf);
  const alone = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn(
    "setpriv",
    ["--pdeathsig", "KILL", "unshare", ...alone, "--propagation", "private"].concat([
      "sh",
      "-c",
      script,
      "libvirtd",
      folder,
      `${hostNodes}`,
    ]),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  // The pipes close when the last process that holds them, the daemon included, has ended.
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const uri = `qemu+unix:///system?socket=${join(folder, "libvirt-sock")}`;
  const virsh = (...command: readonly string[]): Promise<string> =>
    run("virsh", ["--quiet", "--connect", uri, ...command], folder);
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS - 10_000;
  for (;;) {
    const failure = await virsh("version").then(
      () => null,
      (error: unknown) => error,
    );
    if (failure === null) break;
    if (child.exitCode !== null || Date.now() > deadline) {
      const logged = await readFile(log, "utf8").catch(() => "");
      await stop();
      throw new Error(`libvirtd does not answer: ${said}${logged}`, { cause: failure });
    }
    await sleep(100);
  }
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  return { uri, virsh, file, stop };
}

function run(program: string, args: readonly string[], home: string): Promise<string> {
  const env = { ...process.env, HOME: home, XDG_CACHE_HOME: home, LC_ALL: "C" };
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${args.at(3) ?? ""}: ${stderr}`, { cause: error }));
    });
  });
}
