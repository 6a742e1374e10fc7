import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { guestImage } from "../prepare/guest-image.ts";
import { initramfs } from "../prepare/initramfs.ts";
import { debianKernel, modulesImage } from "../prepare/kernel.ts";
import { productImage } from "../prepare/product-image.ts";
import { rootImage } from "../prepare/root-image.ts";
import { shapeArguments } from "./arguments.ts";
import { openChannel, type Outcome } from "./channel.ts";
import type { HostShape } from "./shape.ts";
import { words } from "./words.ts";

/** A booted emulated host with libvirt, QEMU and Evenkeel. */
export interface Host {
  readonly shape: HostShape;
  /** Runs a program to its end, whatever its status. */
  readonly run: (
    program: string,
    args: readonly string[],
    options?: RunOptions,
  ) => Promise<Outcome>;
  /** Runs a program; an error unless it ends with status 0. */
  readonly ok: (program: string, args: readonly string[], options?: RunOptions) => Promise<string>;
  /** Runs a command line of `evenkeel` in a lasting process. */
  readonly evenkeel: (...args: readonly string[]) => Promise<Outcome>;
  readonly read: (path: string) => Promise<string>;
  readonly write: (path: string, text: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * The command `evenkeel` as users start it, one process each. Node's compiler sometimes crashes
 * under QEMU's emulation ("Check failed: it->second.Size() > offset"), so Node interprets here, in
 * one thread, which is as fast.
 */
export const evenkeelProgram = "/product/bin/node";
export const evenkeelWords = [
  ...words("--jitless", "--single-threaded"),
  ...words("--import", "/product/lab/agent/stripped.mjs"),
  "/product/packages/cli/bin/evenkeel.mjs",
] as const;

/**
 * The same with Node's compiler, for what is made of WebAssembly, which there is only with it.
 * There is little of it, so that the crash is rare.
 */
export const compilingWords = evenkeelWords.filter((word) => word !== "--jitless");

/** The program that asks the kernel where pages are (`agent/pages.c`). */
export const pagesProgram = "/product/bin/pages";

/** A program with threads and a child that says where it is (`agent/worker.c`). */
export const workerProgram = "/product/bin/worker";

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** A start takes some 10 s on a quiet machine; anything else takes less. */
const evenkeelMsMax = 300_000;

/** A boot takes 5 to 16 s on a quiet machine. */
const bootMsMax = 180_000;

/** How a machine is set when it boots. */
export interface BootSetting {
  /** The kernel's command line. */
  readonly line: string;
  /** Text files that lie on it, by their absolute paths. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * What every machine of the lab boots with, and one that is set for nothing with this alone. On a
 * busy machine an emulated timer is late, which the kernel would take for a broken one.
 */
export const plainLine = "console=ttyS0 quiet mitigations=off no_timer_check panic=-1";

/** Set for VMs: an IOMMU, vfio-pci, and the huge pages of the shape. */
function preparedFor({ nodes }: HostShape): BootSetting {
  const hugepages = nodes.map((node, i) => `${i}:${node.hugepages}`).join(",");
  return {
    line: `${plainLine} intel_iommu=on hugepagesz=2M hugepages=${hugepages}`,
    files: { "/etc/modules-load.d/vfio.conf": "vfio-pci\n" },
  };
}

/** What is loaded before there is a root file system. */
const modules = ["virtio_pci", "virtio_blk", "virtio_console", "erofs", "overlay"];

/**
 * Boots an emulated host of a shape and waits for its agent. It ends with `stop`, or when this
 * process ends for any reason. On a busy machine about one emulated kernel in ten hangs while it
 * brings up its CPUs, so a boot without an answer is tried once more.
 */
export async function bootHost(
  shape: HostShape,
  setting: BootSetting = preparedFor(shape),
): Promise<Host> {
  try {
    return await bootOnce(shape, setting);
  } catch (error) {
    console.log(`Booting again: ${error instanceof Error ? error.message : String(error)}`);
    return bootOnce(shape, setting);
  }
}

async function bootOnce(shape: HostShape, { line, files }: BootSetting): Promise<Host> {
  const kernel = await debianKernel();
  const initrd = await initramfs("host-init", kernel, modules, [
    {
      path: "init",
      from: join(import.meta.dirname, "..", "agent", "init.sh"),
      executable: true,
    },
    ...Object.entries(files).map(([path, text]) => ({ path: `kept${path}`, text })),
  ]);
  const images = [
    await rootImage(),
    await productImage(),
    await guestImage(),
    await modulesImage(kernel),
  ];
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-lab-"));
  const socket = join(folder, "channel");
  const console = join(folder, "console.log");
  const args = [
    ...shapeArguments(shape),
    ...words("-accel", "tcg,thread=multi,tb-size=1024"),
    ...words("-nodefaults", "-display", "none", "-no-reboot"),
    ...words("-serial", `file:${console}`),
    ...images.flatMap((image, i) => disk(image, 0x18 + i)),
    ...words("-device", "virtio-serial-pci,bus=pcie.0,addr=0x1c"),
    ...words("-chardev", `socket,id=channel,path=${socket},server=on,wait=off`),
    ...words("-device", "virtserialport,chardev=channel,name=lab"),
    ...words("-kernel", kernel.image, "-initrd", initrd),
    ...words("-append", line),
  ];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "qemu-system-x86_64", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await closed;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const channel = await openChannel(socket);
    const up = await Promise.race([
      channel.up.then(() => true),
      closed.then(() => false),
      sleep(bootMsMax, false, { ref: false }),
    ]);
    if (!up) throw new Error("its agent does not answer");
    return hostOn(shape, channel.ask, async () => {
      channel.close();
      await stop();
    });
  } catch (error) {
    const log = await readFile(console, "utf8").catch(() => "");
    await stop();
    throw new Error(`${shape.name} does not boot: ${errors}${log.slice(-3000)}`, { cause: error });
  }
}

function disk(path: string, slot: number): readonly string[] {
  const id = `disk${slot}`;
  return [
    ...words("-drive", `if=none,id=${id},file=${path},format=raw,readonly=on`),
    ...words("-device", `virtio-blk-pci,drive=${id},bus=pcie.0,addr=0x${slot.toString(16)}`),
  ];
}

function hostOn(
  shape: HostShape,
  ask: Awaited<ReturnType<typeof openChannel>>["ask"],
  stop: () => Promise<void>,
): Host {
  const run: Host["run"] = (program, args, { input, timeoutMs = 120_000 } = {}) =>
    ask({ program, args, input }, timeoutMs);
  const ok: Host["ok"] = async (program, args, options) => {
    const { status, stdout, stderr } = await run(program, args, options);
    if (status === 0) return stdout;
    throw new Error(`${program} ${args.join(" ")}: status ${status}\n${stdout}${stderr}`);
  };
  return {
    shape,
    run,
    ok,
    evenkeel: (...args) => ask({ evenkeel: args }, evenkeelMsMax),
    read: async (path) => {
      const { status, stdout, stderr } = await ask({ read: path }, 30_000);
      if (status !== 0) throw new Error(stderr);
      return stdout;
    },
    write: async (path, text) => {
      const { status, stderr } = await ask({ write: path, text }, 30_000);
      if (status !== 0) throw new Error(stderr);
    },
    stop,
  };
}
