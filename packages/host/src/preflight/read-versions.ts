import { runProgram } from "../hypervisor/program.ts";
import { virshAt } from "../hypervisor/libvirt/virsh.ts";

export interface Versions {
  readonly libvirt: string | null;
  readonly qemu: string | null;
}

/** A libvirt that was just started probes every emulator before its first answer. */
const firstAnswerMs = 120_000;

/** The versions of libvirt and of its QEMU (`Using library: libvirt 9.0.0`). */
export async function libvirtVersions(uri: string): Promise<Versions> {
  const { status, stdout } = await virshAt(uri).tried(["version"], firstAnswerMs);
  if (status !== 0) return { libvirt: null, qemu: null };
  const of = (line: RegExp): string | null => line.exec(stdout)?.[1] ?? null;
  return {
    libvirt: of(/^Using library: libvirt ([\d.]+)$/m),
    qemu: of(/^Running hypervisor: QEMU ([\d.]+)$/m),
  };
}

/** The version of an emulator (`QEMU emulator version 7.2.22 (Debian …)`). */
export async function qemuVersions(emulator: string): Promise<Versions> {
  const { stdout } = await runProgram(emulator, ["--version"], { timeoutMs: 30_000 });
  return { libvirt: null, qemu: /^QEMU emulator version ([\d.]+)/m.exec(stdout)?.[1] ?? null };
}
