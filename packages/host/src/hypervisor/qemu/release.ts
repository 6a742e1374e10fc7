import { runProgram } from "../program.ts";

/** The version of an emulator (`QEMU emulator version 7.2.22 (Debian …)`); null without one. */
export async function qemuRelease(emulator: string): Promise<string | null> {
  const { stdout } = await runProgram(emulator, ["--version"], { timeoutMs: 30_000 });
  return /^QEMU emulator version ([\d.]+)/m.exec(stdout)?.[1] ?? null;
}
