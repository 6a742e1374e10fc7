import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";
import { readLine } from "./values.ts";

const current = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/** By what the kernel tells the time (Documentation/timers/timekeeping.rst): `tsc`, `hpet`. */
export function clocksource(tree: Tree): string | null {
  return shown(readLine(tree, current) ?? "", 64);
}
