/**
 * `move_pages(2)` for another process: where pages are, and moving them. It is the one system call
 * that says of each page what became of it, and nothing in Node calls it, so it goes through koffi,
 * which is optional. https://man7.org/linux/man-pages/man2/move_pages.2.html
 *
 * @returns for each page its node, or a negative error: -ENOENT where there is no page, -EBUSY or
 *   -EFAULT where it cannot move, -EACCES where it is mapped by others. Null where the call itself
 *   was refused.
 */
export type MovePages = (
  pid: number,
  addresses: BigUint64Array,
  /** Where each is to go; null only asks where each is. */
  nodes: Int32Array | null,
) => Int32Array | null;

/** https://git.kernel.org/, scripts/syscall.tbl and arch/x86/entry/syscalls/syscall_64.tbl */
const numbers: ReadonlyMap<string, number> = new Map([
  ["x64", 279],
  ["arm64", 239],
]);

/** The call on this machine; null where koffi is not installed, or the number is not known here. */
export async function loadMovePages(): Promise<MovePages | null> {
  const number = numbers.get(process.arch);
  const koffi = await import("koffi").then(
    (module) => module.default,
    () => null,
  );
  if (number === undefined || koffi === null) return null;
  const call = koffi
    .load("libc.so.6")
    .func("long syscall(long, int, unsigned long, void *, void *, void *, int)");
  return (pid, addresses, nodes) => {
    const status = new Int32Array(addresses.length);
    const result: unknown = call(number, pid, addresses.length, addresses, nodes, status, moveOwn);
    // It returns how many did not move (since Linux 4.17), or -1.
    return typeof result === "number" && result >= 0 ? status : null;
  };
}

/** `MPOL_MF_MOVE`: only pages that no other process maps. */
const moveOwn = 2;
