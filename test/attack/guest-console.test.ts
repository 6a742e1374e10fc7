import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { whyNot } from "../libvirt/programs.ts";
import { emulator, startedVm } from "./qemu-alone.ts";

const LOAD_ADDRESS = 0x100000;
const HEADER_BYTES = 32;

const u32 = (value: number): number[] => [...new Uint8Array(new Uint32Array([value]).buffer)];

/**
 * A kernel by the Multiboot specification (gnu.org/software/grub/manual/multiboot) that writes the
 * letter `a` many times, and then a text, to the first serial port, and halts.
 */
function floodingKernel(letters: number, text: string): Uint8Array {
  const bytes = [...new TextEncoder().encode(text)];
  const code = (textAddress: number): number[] =>
    [
      [0xba, ...u32(0x3f8)], // mov edx, the port
      [0xb9, ...u32(letters)], // mov ecx, letters
      [0xb0, 0x61], // mov al, 'a'
      [0xee, 0xe2, 0xfd], // again: out dx, al; loop again
      [0xbe, ...u32(textAddress)], // mov esi, text
      [0xb9, ...u32(bytes.length)], // mov ecx, its length
      [0xac, 0xee, 0xe2, 0xfc], // next: lodsb; out dx, al; loop next
      [0xf4, 0xeb, 0xfd], // halt: hlt; jmp halt
    ].flat();
  const entry = LOAD_ADDRESS + HEADER_BYTES;
  const textAddress = entry + code(0).length;
  const end = textAddress + bytes.length;
  const [magic, flags] = [0x1badb002, 0x10000];
  const header = [magic, flags, -(magic + flags), LOAD_ADDRESS, LOAD_ADDRESS, end, end, entry];
  return new Uint8Array([...header.flatMap(u32), ...code(textAddress), ...bytes]);
}

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
    (sum, name) => sum + statSync(join(folder, name)).size,
    0,
  );

test.skipIf(whyNot !== null || emulator !== "qemu-system-x86_64")(
  "a guest that floods its console fills no disk, and its last MiB is read once and commands no terminal",
  async () => {
    const kernel = join(scratchFolder(), "kernel");
    writeFileSync(kernel, floodingKernel(3 * MiB, "\r\n\u001b]0;owned\u0007the end\r\n"));
    const { folder, evenkeel } = await startedVm({}, ["--kernel", kernel]);
    const deadline = performance.now() + 60_000;
    let printed = "";
    while (!printed.includes("the end") && performance.now() < deadline) {
      await sleep(300);
      const { stdout, stderr } = await evenkeel("console", "tried-alone");
      expect(stderr).toBe("");
      expect(stdout.length).toBeLessThan(MiB + KiB);
      printed += stdout;
    }
    expect(printed).toMatch(/a\n[^\n]*owned[^\n]*the end\n$/);
    for (const control of ["\u001b", "\u0007"]) expect(printed).not.toContain(control);
    expect(bytesIn(join(folder, "state"))).toBeLessThan(256 * KiB);
    expect((await evenkeel("console", "tried-alone")).stdout).toBe("");
  },
  120_000,
);
