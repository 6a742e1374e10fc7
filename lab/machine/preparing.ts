import type { Preparation } from "@evenkeel/core/prepare/preparation.ts";
import { startLibvirt } from "./libvirt.ts";
import { type BootSetting, bootHost, type Host, plainLine } from "./host.ts";
import { smallSockets } from "./shape.ts";
import { words } from "./words.ts";

/**
 * What an operator does with `evenkeel prepare`: asks it on a machine that is set for nothing,
 * types what it printed, restarts the machine and asks again. Debian turns the IOMMU on by itself,
 * but not on this machine.
 */
export const bareSetting: BootSetting = { line: `${plainLine} intel_iommu=off`, files: {} };

/** VMs of one accelerator, and of both. */
const flavors = [
  { name: "acc.1", accelerators: 1, vcpus: 2, memory: "192Mi" },
  { name: "acc.2", accelerators: 2, vcpus: 4, memory: "256Mi" },
].map(({ name, accelerators, vcpus, memory }) => ({
  apiVersion: "evenkeel/v1",
  kind: "Flavor",
  metadata: { name },
  spec: { accelerators: { count: accelerators }, vcpus, memory, hugepages: "2Mi" },
}));

const policy = {
  apiVersion: "evenkeel/v1",
  kind: "HostPolicy",
  reserved: { coresPerNode: 1, memoryPerNode: "512Mi" },
};

/** Arguments under which all commands ask for the same machine. */
export const byPolicy = words("--policy", "/srv/policy.json");

/**
 * Programs of Debian that need a boot loader and a kernel on disk. `update-grub` makes of GRUB's
 * configuration what grub-mkconfig does, the kernel's command line; the files of /etc, which
 * `update-initramfs` would copy, are carried over the restart by `settingOf`.
 */
const standIns: Readonly<Record<string, string>> = {
  "/usr/sbin/update-grub": `
. /etc/default/grub
for file in /etc/default/grub.d/*.cfg; do . "$file"; done
echo "$GRUB_CMDLINE_LINUX" > /boot/line
`,
  "/usr/sbin/update-initramfs": '[ "$*" = -u ]\n',
};

/** Boots the machine as it is set, with the operator's files on it. */
export async function bootSet(setting: BootSetting): Promise<Host> {
  const programs = Object.entries(standIns).map(([path, text]) => [path, `#!/bin/sh -e\n${text}`]);
  const host = await bootHost(smallSockets, {
    line: setting.line,
    files: {
      "/etc/default/grub": `GRUB_CMDLINE_LINUX="${bareSetting.line}"\n`,
      ...Object.fromEntries(programs),
      "/srv/flavors.yaml": flavors.map((one) => JSON.stringify(one)).join("\n---\n"),
      "/srv/policy.json": JSON.stringify(policy),
      ...setting.files,
    },
  });
  await host.ok("chmod", ["755", ...Object.keys(standIns)]);
  await startLibvirt(host);
  await host.write(bootedMark, "");
  return host;
}

/** A VM of a flavor, with the flavors beside it. */
export async function vmOf(host: Host, name: string, flavor: string): Promise<string> {
  const vm = {
    apiVersion: "evenkeel/v1",
    kind: "VirtualMachine",
    metadata: { name },
    spec: { flavor },
  };
  const path = `/srv/${name}.yaml`;
  const documents = `${await host.read("/srv/flavors.yaml")}\n---\n${JSON.stringify(vm)}`;
  await host.write(path, documents);
  return path;
}

/** Older than anything that the operator does. */
const bootedMark = "/srv/booted";

const asked = ["prepare", "/srv/flavors.yaml", ...byPolicy, "--emulated"] as const;

/** What `evenkeel prepare` says of a machine, to programs and to people. */
export interface Said {
  readonly preparation: Preparation;
  readonly text: string;
  /** What it says of the machine beside its answer. */
  readonly notes: string;
}

export async function prepareOn(host: Host): Promise<Said> {
  const json = await host.evenkeel(...asked, ...words("--output", "json"));
  if (json.stdout === "") throw new Error(`prepare says nothing: ${json.stderr}`);
  const preparation: Preparation = JSON.parse(json.stdout);
  const people = await host.evenkeel(...asked);
  const status = preparation.prepared === true ? 0 : 3;
  if (json.status !== status || people.status !== status) {
    throw new Error(`prepare ends with ${json.status}, ${people.status}: ${people.stdout}`);
  }
  return { preparation, text: people.stdout, notes: people.stderr };
}

/** What is not there, as `code subject`. */
export const lackingIn = ({ preparation: { needs } }: Said): readonly string[] =>
  needs.flatMap(({ state, code, subject }) => (state === "there" ? [] : `${code} ${subject}`));

/** The command lines in the text that people read: below the boot line, and below needs. */
export function printedCommands({ text }: Said): readonly string[] {
  const [, boot = ""] = /^boot line\n([\s\S]*?)\n\n/m.exec(text) ?? [];
  const [, needs = ""] = /^needs\n([\s\S]*)$/m.exec(text) ?? [];
  const indented = (part: string, by: number): readonly string[] =>
    part.split("\n").flatMap((line) => (/^ *(?=\S)/.exec(line)?.[0].length === by ? line : []));
  return [...indented(boot, 4), ...indented(needs, 6)].map((line) => line.trim());
}

/** Types command lines as they are. */
export async function typed(host: Host, lines: readonly string[]): Promise<void> {
  for (const line of lines) await host.ok("/bin/sh", ["-c", line]);
}

/** Does all that is said: takes away the words that contradict, then types the commands. */
export async function carriedOut(host: Host, said: Said): Promise<void> {
  const instead = said.preparation.boot.instead ?? [];
  const file = "/etc/default/grub";
  const isKept = (word: string): boolean => !instead.includes(word);
  const present = /"(.*)"/.exec(await host.read(file))?.[1] ?? "";
  const kept = present.split(" ").filter(isKept).join(" ");
  await host.write(file, `GRUB_CMDLINE_LINUX="${kept}"\n`);
  await typed(host, printedCommands(said));
}

/**
 * How the machine boots after `typed`: the line that GRUB has, and the files of /etc that are newer
 * than its boot.
 */
export async function settingOf(host: Host): Promise<BootSetting> {
  const newer = words("/etc", "-type", "f", "-newer", bootedMark);
  const paths = (await host.ok("find", newer)).split("\n").filter((path) => path !== "");
  const files: Record<string, string> = {};
  for (const path of paths) files[path] = await host.read(path);
  return { line: (await host.read("/boot/line")).trim(), files };
}
