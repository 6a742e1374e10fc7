import { shellWord } from "../../text/shell.ts";
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
  return `${[...remarks(command).map(comment), [command.program, ...lines].join(" \\\n  ")].join("\n")}\n`;
}

/** A line of its own, whatever the text holds. */
function comment(text: string): string {
  return `# ${text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")}`;
}

function remarks({ threads, memoryNodes, hugepages, memlockBytes, devices, notes }: QemuCommand) {
  const pins = ({ id, cpus }: { readonly id: number; readonly cpus: string }): string =>
    `${id} on ${cpus}`;
  return [
    "QEMU does not pin its threads. Whoever starts it must keep them to these host CPUs",
    ...threads.vcpus.map((pin) => `  vCPU ${pins(pin)}`),
    ...threads.iothreads.map((pin) => `  iothread ${pins(pin)}`),
    `  all others on ${threads.emulator}`,
    `and all its memory to nodes ${memoryNodes}.`,
    ...hugepages.map(
      ({ cell, count, pageBytes, nodes }) =>
        `Cell ${cell} needs ${count} free huge pages of ${pageBytes} bytes on node ${nodes}.`,
    ),
    ...(devices.length === 0 ? [] : [`Bind to vfio-pci first: ${devices.join(" ")}`]),
    ...(memlockBytes === null
      ? []
      : [`It must be allowed to lock ${memlockBytes} bytes (ulimit -l).`]),
    ...notes.map((note) => `Note: ${note}`),
  ];
}
