import type { GuestBar, GuestProcessor } from "@evenkeel/core/evidence/guest-report.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
import { parseList } from "@evenkeel/core/set/list-format.ts";
import { shown } from "../text/shown.ts";

/** What both readers of a guest make of the kernel's words, so that they agree. */

/** The kernel's words for a guest's processors; each null where it has none. */
export interface CpuWords {
  readonly model: string | null;
  readonly flags: readonly string[] | null;
  /** `thread_siblings_list` of the first CPU. */
  readonly threads: string | null;
  /** `physical_package_id` of each CPU. */
  readonly packages: readonly string[];
}

/** The flags that a report keeps, as report.sh does. */
const keptFlag = /^(?:(?:avx|amx|sse4|sve|asimd)\w{0,24}|fma|f16c|topoext|hypervisor)$/;

/** Of a processor's flags, those of vector units and of topology. */
export function keptFlags(flags: readonly string[]): readonly string[] {
  return flags.filter((flag) => keptFlag.test(flag)).slice(0, 512);
}

/** The guest's processor; null where nothing is known of it. */
export function guestCpu({ model, flags, threads, packages }: CpuWords): GuestProcessor | null {
  const siblings = threads === null ? null : parseList(threads);
  const threadsPerCore = siblings === null ? null : size(siblings) || null;
  const known = packages.filter((id) => /^\d{1,9}$/.test(id));
  const sockets = known.length === 0 || known.length < packages.length ? null : new Set(known).size;
  const each =
    sockets === null || threadsPerCore === null ? null : known.length / sockets / threadsPerCore;
  const cpu: GuestProcessor = {
    model: shown(model ?? "", 256),
    sockets,
    coresPerSocket: each !== null && Number.isInteger(each) ? each : null,
    threadsPerCore,
    flags: flags === null ? null : keptFlags(flags),
  };
  return Object.values(cpu).every((value) => value === null) ? null : cpu;
}

/** A function has six base address registers. */
const barsMax = 6;
/** IORESOURCE_MEM and IORESOURCE_UNSET in include/linux/ioport.h. */
const [memoryFlag, unsetFlag] = [0x200n, 0x2000_0000n];

/**
 * The memory BARs in the words of `resource`: start, end and flags of each. Linux gives a BAR that
 * has no room an address from 0 and a flag, or clears it altogether: then it is not listed. Null
 * where the words are not those of six BARs.
 */
export function guestBars(words: readonly string[]): readonly GuestBar[] | null {
  const numbers = words.slice(0, barsMax * 3).map((word) => {
    return /^0x[0-9a-f]{1,16}$/i.test(word) ? BigInt(word) : null;
  });
  if (numbers.length < barsMax * 3) return null;
  const bars: GuestBar[] = [];
  for (let i = 0; i < numbers.length; i += 3) {
    const [start, end, flags] = numbers.slice(i, i + 3);
    if (start == null || end == null || flags == null) return null;
    const bytes = Number(end - start + 1n);
    if ((flags & memoryFlag) === 0n || end <= start || !Number.isSafeInteger(bytes)) continue;
    bars.push({ bytes, assigned: start > 0n && (flags & unsetFlag) === 0n });
  }
  return bars;
}
