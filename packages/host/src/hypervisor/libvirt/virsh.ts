import { hypervisorFailed } from "../failed.ts";
import { endless, type Patience } from "../patience.ts";
import { type ProgramResult, runProgram } from "../program.ts";

/** A libvirt, through its own client. */
export interface Virsh {
  /** The output. Errors: `hypervisor-failed`, in the words of libvirt. */
  readonly ok: (args: readonly string[], timeoutMs?: number) => Promise<string>;
  readonly tried: (args: readonly string[], timeoutMs?: number) => Promise<ProgramResult>;
}

/** libvirt answers within moments. Starting a guest takes as long as allocating its memory. */
const usualMs = 30_000;

export function virshAt(uri: string, patience: Patience = endless): Virsh {
  const tried: Virsh["tried"] = async (args, limitMs = usualMs) => {
    const timeoutMs = Math.ceil(patience.leftOf(limitMs));
    if (timeoutMs <= 0) patience.noteSilent(uri);
    if (timeoutMs <= 0 || patience.isSilent(uri)) return noAnswer(uri);
    const result = await runProgram("virsh", ["--quiet", "--connect", uri, ...args], { timeoutMs });
    if (result.isLate === true) patience.noteSilent(uri);
    return result;
  };
  return {
    tried,
    ok: async (args, timeoutMs) => {
      const result = await tried(args, timeoutMs);
      if (result.status === 0) return result.stdout;
      throw hypervisorFailed(`virsh ${args[0] ?? ""}`, result);
    },
  };
}

const noAnswer = (uri: string): ProgramResult => ({
  status: null,
  stdout: "",
  stderr: `the libvirt at ${uri} has not answered in time\n`,
});

/** The system-wide libvirt, which may pass devices through. */
export const systemUri = "qemu:///system";

/** libvirt's own two on this machine. */
export const ownUris: ReadonlySet<string> = new Set([systemUri, "qemu:///session"]);

/** The libvirt that LIBVIRT_DEFAULT_URI names, as for virsh (virsh(1)), or else the system's. */
export function libvirtUri(env: Readonly<Record<string, string | undefined>>): string {
  return env["LIBVIRT_DEFAULT_URI"] || systemUri;
}
