import type { Command, Remedy } from "../remedy/remedy.ts";
import { indices } from "../set/index-set.ts";
import { parseList } from "../set/list-format.ts";

/**
 * One change to a running target that can be made, and taken back, without harm to anything else:
 * the CPUs of a thread or an interrupt, or the node of pages.
 */
export type LiveStep =
  | { readonly kind: "thread"; readonly tid: number; readonly run: Command }
  | { readonly kind: "pin"; readonly run: Command }
  | { readonly kind: "interrupt"; readonly number: number; readonly run: Command }
  | {
      readonly kind: "pages";
      readonly pid: number;
      readonly from: readonly number[];
      readonly to: number;
      readonly run: Command;
    };

/**
 * The command as a step; null for everything else. Settings of the kernel, boot options and
 * firmware concern the whole machine, so they are advice and never steps.
 */
export function liveStep(command: Command): LiveStep | null {
  const [program, ...args] = command;
  if (program === "taskset" && args.length === 3 && args[0] === "-pc") {
    const tid = idOf(args[2]);
    return isList(args[1]) && tid !== null ? { kind: "thread", tid, run: command } : null;
  }
  // libvirt pins the threads of its own domains, and would undo what taskset did.
  if (program === "virsh" && pins.has(args[0] ?? "") && args.at(-1) === "--live") {
    return isList(args.at(-2)) ? { kind: "pin", run: command } : null;
  }
  if (program === "shuf" && args.length === 4 && args[0] === "-e" && args[2] === "-o") {
    const number = idOf(/^\/proc\/irq\/(\d+)\/smp_affinity_list$/.exec(args[3] ?? "")?.[1]);
    return isList(args[1]) && number !== null ? { kind: "interrupt", number, run: command } : null;
  }
  if (program === "migratepages" && args.length === 3) {
    const [pid, to] = [idOf(args[0]), idOf(args[2])];
    const from = isList(args[1]) ? parseList(args[1] ?? "") : null;
    if (pid === null || to === null || from === null) return null;
    return { kind: "pages", pid, from: indices(from), to, run: command };
  }
  return null;
}

/** The steps of a remedy that works at once; null where it has any other command, or none. */
export function liveSteps({ argv, when }: Remedy): readonly LiveStep[] | null {
  if (argv === null || when !== "live" || argv.length === 0) return null;
  const steps = argv.map(liveStep);
  const known = steps.filter((step) => step !== null);
  return known.length === steps.length ? known : null;
}

const pins: ReadonlySet<string> = new Set(["vcpupin", "emulatorpin", "iothreadpin"]);

function isList(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,5}(?:[-,]\d{1,5})*$/.test(text);
}

function idOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
