import { readFileSync } from "node:fs";
import type { Variables } from "@evenkeel/core/binding/visible/variables.ts";

/**
 * Whether this process was to outlive its terminal: started with SIGHUP ignored, as nohup(1) does.
 * Node takes that back when it starts and tells nobody, so other traces have to: the variable `_`,
 * in which a shell names the program that it starts, and the parent, from which a process has what
 * it ignores unless somebody changed it in between.
 */
export function wasHangupIgnored(variables: Variables): boolean {
  const isNohup = /(?:^|\/)nohup$/.test(variables["_"] ?? "");
  return isNohup || ignores(`${process.ppid}`, SIGHUP);
}

export const SIGHUP = 1;

/** Whether a process ignores a signal, by the mask that the kernel tells in hexadecimal. */
function ignores(pid: string, signal: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const [, mask = "0"] = /^SigIgn:\s*([\da-f]{1,16})$/m.exec(status) ?? [];
    return (BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) !== 0n;
  } catch {
    return false;
  }
}
