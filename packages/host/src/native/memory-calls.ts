/**
 * System calls about memory that this process has already, by its address. Node has none of them,
 * so they go through koffi, which is optional.
 *
 * Each returns 0, or the error number with which the kernel refused.
 */
export interface MemoryCalls {
  /** Where the first byte of a buffer lies. */
  readonly addressOf: (bytes: Uint8Array) => number;
  /** https://man7.org/linux/man-pages/man2/madvise.2.html */
  readonly advise: (address: number, bytes: number, advice: Advice) => number;
  /**
   * Puts huge pages of 2 MiB in the place of memory that is there: whole pages, whose content is
   * lost. They are taken from those that are set apart, when they are first touched.
   * https://man7.org/linux/man-pages/man2/mmap.2.html
   */
  readonly mapHuge: (address: number, bytes: number) => number;
}

/**
 * Of linux/mman.h: give the pages back, to be new and zero when they are touched again; use huge
 * pages.
 */
const advices = { "dont-need": 4, hugepage: 14 } as const;
export type Advice = keyof typeof advices;

const PROT_READ_WRITE = 1 | 2;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_HUGETLB = 0x40000;
const MAP_HUGE_2MB = 21 << 26;

/** The calls on this machine; null where koffi is not installed. */
export async function loadMemoryCalls(): Promise<MemoryCalls | null> {
  const koffi = await import("koffi").then(
    (module) => module.default,
    () => null,
  );
  if (koffi === null) return null;
  const libc = koffi.load(null);
  const madvise = libc.func("int madvise(uint64_t, size_t, int)");
  const mmap = libc.func("int64_t mmap(uint64_t, size_t, int, int, int, int64_t)");
  const told = (result: unknown): number => (Number(result) === -1 ? koffi.errno() : 0);
  const flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB;
  return {
    addressOf: (bytes) => Number(koffi.address(bytes)),
    advise: (address, bytes, advice) => told(madvise(address, bytes, advices[advice])),
    mapHuge: (address, bytes) => told(mmap(address, bytes, PROT_READ_WRITE, flags, -1, 0)),
  };
}
