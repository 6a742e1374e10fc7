import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { interleave } from "./interleave.ts";
import { type Row, row } from "./report.ts";

/** The memory in base pages, and as much in huge pages. */
const gibibytes = 2;

/**
 * The time to count a guest's pages by node, compared with listing its mappings. An emulator that
 * is stopped before its first instruction has its memory once in base pages (a memfd) and once in
 * transparent huge pages, whose page table entries are those of hugetlb pages of 2 MiB.
 */
export async function benchEvidence(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-bench-"));
  const base = await emulator(
    `memory-backend-memfd,id=m,size=${gibibytes}G,share=on`,
    folder,
    "base",
  );
  const huge = await emulator(`memory-backend-ram,id=m,size=${gibibytes}G`, folder, "huge");
  try {
    const reading = (name: string, path: string) => ({
      name,
      run: () => void readFileSync(path, "utf8"),
    });
    const [maps, inHuge, inBase, smaps] = interleave(
      [
        reading("maps", `/proc/${base.pid}/maps`),
        reading(`numa_maps, ${gibibytes} GiB in 2 MiB pages`, `/proc/${huge.pid}/numa_maps`),
        reading(`numa_maps, ${gibibytes} GiB in 4 KiB pages`, `/proc/${base.pid}/numa_maps`),
        reading(`smaps, ${gibibytes} GiB in 4 KiB pages`, `/proc/${base.pid}/smaps`),
      ],
      15,
    );
    if (!maps || !inHuge || !inBase || !smaps) return [];
    return [
      row("evidence", maps, maps, null),
      row("evidence", inHuge, maps, null),
      row("evidence", inBase, inHuge, null),
      row("evidence", smaps, inBase, null),
    ];
  } finally {
    base.kill("SIGKILL");
    huge.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts an emulator; its pid file exists once all memory is allocated. */
async function emulator(backend: string, folder: string, name: string) {
  const socket = join(folder, `${name}.sock`);
  const memory = ["-m", `${gibibytes}G`, "-object", `${backend},prealloc=on`];
  const machine = [
    "-machine",
    "q35,accel=tcg,memory-backend=m",
    "-S",
    "-nodefaults",
    "-display",
    "none",
  ];
  const child = spawn("qemu-system-x86_64", [...machine, ...memory, "-pidfile", socket], {
    stdio: "ignore",
  });
  for (let tries = 0; !existsSync(socket) && tries < 600; tries++) await sleep(100);
  return child;
}
