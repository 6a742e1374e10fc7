/** Files that a command which was cut off has left in the folder of records. */
export interface Leftovers {
  /** The VM that they are of. Their writer held its lock. */
  readonly name: string;
  readonly files: readonly string[];
}

/**
 * Files that took no effect: half-written records, and locks of VMs without a record. If somebody
 * holds the lock of the VM, they are in use.
 *
 * @param files the names of all files in the folder.
 */
export function leftoversAmong(files: readonly string[]): readonly Leftovers[] {
  const all = new Set(files);
  const names = files.flatMap((file) => {
    const [, locked] = /^(.+)\.lock$/.exec(file) ?? [];
    if (locked !== undefined && !all.has(`${locked}.json`)) return [locked];
    return halfWritten(file) ?? [];
  });
  return [...new Set(names)].map((name) => {
    const written = files.filter((file) => halfWritten(file) === name);
    return { name, files: all.has(`${name}.json`) ? written : [...written, `${name}.lock`] };
  });
}

/** The VM of a file with a name that `replaceFile` makes. */
function halfWritten(file: string): string | null {
  return /^\.(.+)\.json\.[^.]+$/.exec(file)?.[1] ?? null;
}
