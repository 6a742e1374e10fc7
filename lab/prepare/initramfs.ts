import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { built } from "./cache.ts";
import type { Kernel } from "./kernel.ts";
import { run } from "./run.ts";

/** A file of an initramfs: its source path or its text. */
export interface InitFile {
  readonly path: string;
  readonly text?: string;
  readonly from?: string;
  readonly executable?: boolean;
}

/** An initramfs with busybox, kernel modules in the order of their dependencies, and files. */
export async function initramfs(
  name: string,
  kernel: Kernel,
  modules: readonly string[],
  files: readonly InitFile[],
): Promise<string> {
  const contents = files.map(({ text, from }) => text ?? readFileSync(from ?? "", "utf8"));
  const inputs = [kernel.folder, ...modules, JSON.stringify(files), ...contents];
  return built(`${name}.cpio`, inputs, async (target) => {
    const folder = mkdtempSync(join(tmpdir(), "evenkeel-init-"));
    try {
      await fill(folder, kernel, modules, files);
      const list = await run("find", [".", "-mindepth", "1"], { cwd: folder });
      await run("cpio", ["-o", "-H", "newc", "--quiet", "-F", target], {
        cwd: folder,
        input: list,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

async function fill(
  folder: string,
  kernel: Kernel,
  modules: readonly string[],
  files: readonly InitFile[],
): Promise<void> {
  for (const entry of ["bin", "dev", "proc", "sys", "lib/modules", "new", "kept"]) {
    mkdirSync(join(folder, entry), { recursive: true });
  }
  copyFileSync("/bin/busybox", join(folder, "bin/busybox"));
  const applets = await run("/bin/busybox", ["--list"]);
  for (const applet of applets.split("\n").filter((one) => one !== "" && one !== "busybox")) {
    symlinkSync("busybox", join(folder, "bin", applet));
  }
  // The kernel opens the console before anything is mounted.
  await run("mknod", [join(folder, "dev/console"), "c", "5", "1"]);
  const needed = new Set<string>();
  for (const module of modules) {
    const shown = await run("modprobe", [
      "-d",
      kernel.folder,
      "-S",
      kernel.version,
      "--show-depends",
      module,
    ]);
    for (const [, file] of shown.matchAll(/^insmod (\S+)/gm)) needed.add(file ?? "");
  }
  for (const [i, file] of [...needed].entries()) {
    const order = `${i}`.padStart(3, "0");
    copyFileSync(file, join(folder, "lib/modules", `${order}-${basename(file)}`));
  }
  for (const { path, text, from, executable = false } of files) {
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    if (from !== undefined) copyFileSync(from, to);
    else writeFileSync(to, text ?? "");
    await run("chmod", [executable ? "755" : "644", to]);
  }
}
