import { plural } from "../../text/amount.ts";
import { shellWord } from "../../text/shell.ts";
import { indexSet, size } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import { formatBytes, KiB } from "../../unit/bytes.ts";
import { commentLines } from "../comment-lines.ts";
import type { Pin } from "../guest.ts";
import type { QemuCommand } from "./command.ts";

/**
 * The command for a POSIX shell, an option a line; programs use the list. What must be done beside
 * it stands above it as comments.
 */
export function shellText(command: QemuCommand): string {
  const words = command.arguments.map(shellWord);
  const lines = words.reduce<string[]>((all, word, i) => {
    const isOption = command.arguments[i]?.startsWith("-") === true;
    const last = all.at(-1);
    return isOption || last === undefined
      ? [...all, word]
      : [...all.slice(0, -1), `${last} ${word}`];
  }, []);
  return `${[...remarks(command).flatMap(commentLines), [command.program, ...lines].join(" \\\n  ")].join("\n")}\n`;
}

function remarks(command: QemuCommand): readonly string[] {
  const { threads, memoryNodes, hugepages, memlockBytes, devices, notes } = command;
  return [
    "QEMU does not pin its threads. Whoever starts it must keep them to these host CPUs",
    ...pinTexts("vCPU", threads.vcpus),
    ...pinTexts("iothread", threads.iothreads),
    `  all others on ${threads.emulator}`,
    `and all its memory to ${nodesText(memoryNodes)}.`,
    ...hugepages.map(
      ({ cell, count, pageBytes, nodes }) =>
        `Cell ${cell} needs ${count} free huge pages of ${formatBytes(pageBytes)} on ${nodesText(nodes)}.`,
    ),
    ...(devices.length === 0 ? [] : [`Bind to vfio-pci first: ${devices.join(" ")}`]),
    ...(memlockBytes === null ? [] : [memlockText(memlockBytes)]),
    ...notes.map((note) => `Note: ${note}`),
  ];
}

const nodesText = (list: string): string => `${size(setOf(list)) === 1 ? "node" : "nodes"} ${list}`;

/** The shell's `ulimit -l` counts KiB. */
function memlockText(bytes: number): string {
  const kibibytes = Math.ceil(bytes / KiB);
  return `QEMU must be allowed to lock ${formatBytes(bytes)} (ulimit -l ${kibibytes}).`;
}

/**
 * The host CPUs of threads: `vCPUs 0-3 in this order on 1,113,2,114` where each has one CPU, and
 * `vCPUs 0-3 each on 4-7` where all have the same.
 */
function pinTexts(thread: string, pins: readonly Pin[]): string[] {
  const hasOneCpu = ({ cpus }: Pin): boolean => /^\d+$/.test(cpus);
  const single = pins.filter(hasOneCpu);
  const shared = Map.groupBy(
    pins.filter((pin) => !hasOneCpu(pin)),
    ({ cpus }) => cpus,
  );
  const named = (some: readonly Pin[]): string =>
    `  ${plural(some.length, thread)} ${formatList(indexSet(some.map(({ id }) => id)))}`;
  const list = single.map(({ cpus }) => cpus).join(",");
  return [
    ...(single.length === 0
      ? []
      : [`${named(single)}${single.length === 1 ? "" : " in this order"} on ${list}`]),
    ...Array.from(
      shared,
      ([cpus, some]) => `${named(some)} ${some.length === 1 ? "" : "each "}on ${cpus}`,
    ),
  ];
}
