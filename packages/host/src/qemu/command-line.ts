import { shown } from "../text/shown.ts";
import { keyValues, type Options, parseJsonObject } from "./options.ts";

/** How the command line names the VM. */
export interface VmIdentity {
  readonly name: string | null;
  readonly uuid: string | null;
}

/** One option of QEMU's command line: `-device vfio-pci,host=…` has the name `device`. */
export interface QemuOption {
  readonly name: string;
  readonly options: Options;
}

/** Linux allows some megabytes of arguments; a VM of many devices has a few thousand words. */
const ARGUMENTS_MAX = 65_536;

/** The words of `/proc/PID/cmdline`, which ends each with a NUL. */
export function parseArguments(text: string): string[] {
  const words = text.split("\0", ARGUMENTS_MAX);
  if (words.at(-1) === "") words.pop();
  return words;
}

/**
 * The options that say how a VM is put together, in their order. QEMU takes one dash or two, and for
 * objects and devices key=value pairs as well as JSON, which is what libvirt writes.
 */
export function qemuOptions(words: readonly string[]): QemuOption[] {
  const found: QemuOption[] = [];
  for (const [i, word] of words.entries()) {
    const name = /^--?([a-z_-]{1,32})$/.exec(word)?.[1];
    const implied = name === undefined ? undefined : wanted.get(name);
    const value = words[i + 1];
    if (name === undefined || implied === undefined || value === undefined) continue;
    found.push({ name, options: parseJsonObject(value) ?? keyValues(value, implied) });
  }
  return found;
}

/** Those that are looked at, each with the key that a first word without one is of. */
const wanted: ReadonlyMap<string, string> = new Map([
  ["name", "guest"],
  ["uuid", "uuid"],
  ["object", "qom-type"],
  ["numa", "type"],
  ["device", "driver"],
  ["fw_cfg", "name"],
  ["m", "size"],
  ["chardev", "backend"],
  ["mon", "chardev"],
  ["qmp", "path"],
]);

export function vmIdentity(words: readonly string[]): VmIdentity {
  const options = qemuOptions(words);
  const of = (name: string, key: string): string | null =>
    shown(options.findLast((one) => one.name === name)?.options.get(key)?.[0] ?? "", 64);
  return { name: of("name", "guest"), uuid: of("uuid", "uuid")?.toLowerCase() ?? null };
}

/**
 * The monitor's socket, where the command line names one of the machine's own: by `-qmp unix:PATH`, or
 * as what that is short for, a `-mon` in control mode on a `-chardev` that is a socket. The one that
 * libvirt holds answers nobody else.
 */
export function monitorSocket(words: readonly string[]): string | null {
  const options = qemuOptions(words);
  const short = valueOf(
    options.find(({ name }) => name === "qmp"),
    "path",
  );
  const path = /^unix:(.*)$/s.exec(short)?.[1] ?? longForm(options);
  return /^\/.{1,107}$/s.test(path) ? path : null;
}

function longForm(options: readonly QemuOption[]): string {
  const monitor = options.find(
    (one) => one.name === "mon" && valueOf(one, "mode") === "control" && !isLibvirtMonitor(one),
  );
  const channel = options.find(
    (one) => one.name === "chardev" && valueOf(one, "id") === valueOf(monitor, "chardev"),
  );
  return valueOf(channel, "backend") === "socket" ? valueOf(channel, "path") : "";
}

/** Whether libvirt has started it: then it holds the monitor, and calls its channel so. */
export function isOfLibvirt(words: readonly string[]): boolean {
  return qemuOptions(words).some(isLibvirtMonitor);
}

const isLibvirtMonitor = (one: QemuOption): boolean =>
  one.name === "mon" && valueOf(one, "chardev") === "charmonitor";

const valueOf = (option: QemuOption | undefined, key: string): string =>
  option?.options.get(key)?.[0] ?? "";
