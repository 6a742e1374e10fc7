import type { Binding } from "./binding.ts";

/**
 * The line of numactl that binds a command as a binding does, without the command; null where there
 * is nothing to bind. `--preferred-many` is there since numactl 2.0.15; a single node does with
 * `--preferred`. https://github.com/numactl/numactl/blob/master/numactl.8
 */
export function numactlWords({ cpus, memoryNodes, memory }: Binding): readonly string[] | null {
  const words = [
    ...(cpus === null ? [] : [`--physcpubind=${cpus}`]),
    ...(memoryNodes === null || memory === "none" ? [] : [memoryOption(memory, memoryNodes)]),
  ];
  return words.length === 0 ? null : ["numactl", ...words, "--"];
}

function memoryOption(memory: "strict" | "preferred", nodes: string): string {
  if (memory === "strict") return `--membind=${nodes}`;
  return /^\d+$/.test(nodes) ? `--preferred=${nodes}` : `--preferred-many=${nodes}`;
}
