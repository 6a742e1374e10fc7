import { hypervisorFailed } from "../failed.ts";
import { type ProgramResult, runProgram } from "../program.ts";

/** libvirt through its own client: argument lists, bounded time. */
export interface Virsh {
  /** The output; `hypervisor-failed` with libvirt's words where it fails. */
  readonly ok: (args: readonly string[], timeoutMs?: number) => Promise<string>;
  readonly tried: (args: readonly string[], timeoutMs?: number) => Promise<ProgramResult>;
}

/** libvirt answers in moments; starting a guest takes as long as allocating its memory. */
const usualMs = 30_000;

export function virshAt(uri: string): Virsh {
  const tried: Virsh["tried"] = (args, timeoutMs = usualMs) =>
    runProgram("virsh", ["--quiet", "--connect", uri, ...args], { timeoutMs });
  return {
    tried,
    ok: async (args, timeoutMs) => {
      const result = await tried(args, timeoutMs);
      if (result.status === 0) return result.stdout;
      throw hypervisorFailed(`virsh ${args[0] ?? ""}`, result);
    },
  };
}

/** The libvirt that runs VMs with devices. */
export const systemUri = "qemu:///system";

/** The variable that virsh itself reads (virsh(1)); the system's QEMU otherwise. */
export function libvirtUri(env: Readonly<Record<string, string | undefined>>): string {
  return env["LIBVIRT_DEFAULT_URI"] || systemUri;
}
