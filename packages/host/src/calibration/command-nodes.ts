/** What the command lines in a text tell: on which nodes a tool ran, and on which machine. */
export interface CommandWords {
  readonly cpuNode: number | null;
  readonly memoryNode: number | null;
  readonly host: string | null;
}

/**
 * Finds `numactl -N 0 -m 1 ./stream` and its like, and the machine's name in a prompt such as
 * `root@gpu-01:~# mlc`. Nodes count only where one is named, by one command of the text: several
 * nodes are no pair, and neither are several commands that disagree.
 */
export function commandWords(lines: readonly string[]): CommandWords {
  const numactl = lines.filter((line) => /\bnumactl\s+-/.test(line));
  const cpus = /(?:--cpunodebind[= ]|-N ?|--cpubind[= ])(\d{1,4})(?=\s|$)/;
  const pages = /(?:--(?:membind|preferred)[= ]|-[mp] ?)(\d{1,4})(?=\s|$)/;
  const hosts = lines.flatMap(
    (line) =>
      /^\s*\[?[\w.-]{1,32}@([A-Za-z0-9][\w.-]{0,62})[: ][^\n$#%]{0,80}[$#%]/.exec(line)?.[1] ?? [],
  );
  return {
    cpuNode: agreed(numactl, cpus),
    memoryNode: agreed(numactl, pages),
    host: new Set(hosts).size === 1 ? (hosts[0] ?? null) : null,
  };
}

function agreed(commands: readonly string[], pattern: RegExp): number | null {
  const nodes = new Set(commands.map((line) => pattern.exec(line)?.[1] ?? null));
  const [only = null] = nodes;
  return nodes.size === 1 && only !== null ? Number(only) : null;
}
