import { shown } from "../text/shown.ts";
import { keyValues, type Options, parseJsonObject } from "./options.ts";

/** The VM's name and UUID on the command line. */
export interface VmIdentity {
  readonly name: string | null;
  readonly uuid: string | null;
}

/** One option of QEMU's command line: `-device vfio-pci,host=…` has the name `device`. */
export interface QemuOption {
  readonly name: string;
  readonly options: Options;
}

/** Linux allows some megabytes of arguments; a VM with many devices has a few thousand words. */
const ARGUMENTS_MAX = 65_536;

/** The words of `/proc/PID/cmdline`, each ended by a NUL. */
export function parseArguments(text: string): string[] {
  const words = text.split("\0", ARGUMENTS_MAX);
  if (words.at(-1) === "") words.pop();
  return words;
}

/**
 * The options that define the VM, in their order. QEMU accepts one dash or two, and for objects and
 * devices key=value pairs or JSON, which libvirt writes.
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

/** The options that are read, each with the key of a first word that has none. */
const wanted: ReadonlyMap<string, string> = new Map([
  ["name", "guest"],
  ["uuid", "uuid"],
  ["object", "qom-type"],
  ["numa", "type"],
  ["device", "driver"],
  ["fw_cfg", "name"],
  ["m", "size"],
  ["smp", "cpus"],
  ["cpu", "model"],
  ["global", "driver"],
  ["set", "group"],
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
 * The monitor's unix socket on the command line: `-qmp unix:PATH`, or its long form, a `-mon` in
 * control mode on a `-chardev` of type socket. libvirt's own monitor is excluded: it answers only
 * libvirt.
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

/**
 * Whether libvirt started the process: then it holds the monitor, whose channel has libvirt's name.
 */
export function isOfLibvirt(words: readonly string[]): boolean {
  return qemuOptions(words).some(isLibvirtMonitor);
}

const isLibvirtMonitor = (one: QemuOption): boolean =>
  one.name === "mon" && valueOf(one, "chardev") === "charmonitor";

const valueOf = (option: QemuOption | undefined, key: string): string =>
  option?.options.get(key)?.[0] ?? "";
