/**
 * The kernel's ways to tell the time that take a trap, or a read over a slow bus, each time: a
 * microsecond and more where the processor's own counter takes some 20 ns. Programs ask thousands
 * of times in a second, CUDA's and Python's among them.
 */
const slow: ReadonlySet<string> = new Set([
  "acpi_pm",
  "hpet",
  "hyperv_clocksource_msr",
  "jiffies",
  "pit",
  "refined-jiffies",
  "xen",
]);

const fast: ReadonlySet<string> = new Set([
  "arch_sys_counter",
  "hyperv_clocksource_tsc_page",
  "kvm-clock",
  "timebase",
  "tod",
  "tsc",
  "tsc-early",
]);

/** Whether telling the time by this source is slow; null of one that is not known here. */
export function isSlowClocksource(name: string): boolean | null {
  return slow.has(name) ? true : fast.has(name) ? false : null;
}
