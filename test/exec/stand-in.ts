import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { binary } from "../../packages/cli/testing/binary.ts";

/**
 * This machine with GPUs beside node 0 that it does not have: a mount namespace with another /sys,
 * and a /run of its own for leases. CPUs 0 and 1 are two cores, which `exec` really binds to.
 */
export const isRoot = process.getuid?.() === 0;

/** `evenkeel exec` as it is installed, up to its flags. */
export const execWords: readonly string[] = [process.execPath, binary, "exec"];

export class StandIn {
  readonly folder = mkdtempSync(join(tmpdir(), "evenkeel-stand-in-"));

  /** @param gpus how many GPUs node 0 has. */
  constructor(gpus: number) {
    for (const name of ["run", "empty", "sys/fs/cgroup", "sys/bus/pci/devices"]) {
      mkdirSync(join(this.folder, name), { recursive: true });
    }
    for (const path of ["", "run", "empty"]) chmodSync(join(this.folder, path), 0o755);
    const node = "devices/system/node";
    this.put(`${node}/online`, "0");
    this.put(`${node}/has_memory`, "0");
    this.put(`${node}/node0/cpulist`, "0-1");
    this.put(`${node}/node0/meminfo`, "Node 0 MemTotal: 1048576 kB");
    this.put("devices/system/cpu/online", "0-1");
    for (const cpu of [0, 1]) {
      const topology = `devices/system/cpu/cpu${cpu}/topology`;
      this.put(`${topology}/core_id`, `${cpu}`);
      this.put(`${topology}/physical_package_id`, "0");
      this.put(`${topology}/core_cpus_list`, `${cpu}`);
      this.put(`${topology}/thread_siblings_list`, `${cpu}`);
    }
    for (let gpu = 0; gpu < gpus; gpu++) {
      const address = `0000:00:1${gpu}.0`;
      const path = `devices/pci0000:00/${address}`;
      const words = { class: "0x030200", vendor: "0x10de", device: "0x2330", numa_node: "0" };
      for (const [name, text] of Object.entries(words)) this.put(`${path}/${name}`, text);
      symlinkSync(`../../../${path}`, join(this.folder, "sys/bus/pci/devices", address));
    }
  }

  private put(path: string, text: string): void {
    const file = join(this.folder, "sys", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }

  /**
   * A command line that runs another one in this machine.
   *
   * @param setUp lines of a shell before it, in which $F is the folder.
   */
  words(command: readonly string[], setUp = ":"): readonly [string, ...string[]] {
    const script = [
      `F=${this.folder}`,
      "mount --rbind /sys/fs/cgroup $F/sys/fs/cgroup",
      "mount --bind $F/run /run",
      "mount --rbind $F/sys /sys",
      setUp,
      'exec "$@"',
    ].join("\n");
    return ["unshare", "--mount", "sh", "-ec", script, "sh", ...command];
  }

  run(command: readonly string[], setUp?: string): SpawnSyncReturns<string> {
    const [first, ...rest] = this.words(command, setUp);
    return spawnSync(first, rest, { encoding: "utf8", timeout: 30_000 });
  }
}

/** The folder in which koffi is installed: mounting an empty one over it takes it away. */
export const koffiFolder: string = join(import.meta.dirname, "..", "..", "node_modules", "koffi");
