import type { HypervisorAnswer } from "@evenkeel/core/preflight/facts.ts";
import { endless, type Patience } from "../hypervisor/patience.ts";
import { qemuRelease } from "../hypervisor/qemu/release.ts";
import { virshAt } from "../hypervisor/libvirt/virsh.ts";

/** A libvirt that was just started probes every emulator before its first answer. */
const firstAnswerMs = 120_000;

/** The versions of libvirt and of its QEMU (`Using library: libvirt 9.0.0`). */
export async function libvirtVersions(
  uri: string,
  patience: Patience = endless,
): Promise<HypervisorAnswer> {
  const { status, stdout, stderr } = await virshAt(uri, patience).tried(["version"], firstAnswerMs);
  return status === 0
    ? versionsIn(stdout)
    : { libvirt: null, qemu: null, refusal: refusalIn(stderr) };
}

/** The versions in the output of `virsh version`. */
export function versionsIn(text: string): HypervisorAnswer {
  const of = (line: RegExp): string | null => line.exec(text)?.[1] ?? null;
  return {
    libvirt: of(/^Using library: libvirt ([\d.]+)$/m),
    qemu: of(/^Running hypervisor: QEMU ([\d.]+)$/m),
    refusal: null,
  };
}

/** The version of an emulator. */
export async function qemuVersions(emulator: string): Promise<HypervisorAnswer> {
  return { libvirt: null, qemu: await qemuRelease(emulator), refusal: null };
}

/**
 * The line in which libvirt's client says that the daemon is there and refuses the user: by the
 * mode of its socket (connect(2): EACCES), or by polkit (src/rpc/virnetclientprogram.c,
 * src/util/virpolkit.c).
 */
export function refusalIn(stderr: string): string | null {
  const lines = stderr.split("\n").map((line) => line.replace(/^error: /, "").trim());
  const words =
    /permission denied|authentication (failed|unavailable|required)|access denied|not authorized/i;
  return lines.find((line) => words.test(line)) ?? null;
}
