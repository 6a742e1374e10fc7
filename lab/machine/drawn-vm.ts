import { sfc32, startFor } from "@evenkeel/core/random/sfc32.ts";
import type { VmOptions } from "./vm.ts";

/** A VM to start and what starts it. */
export interface DrawnVm {
  readonly vm: VmOptions;
  readonly via: "libvirt" | "qemu";
}

/** VMs of all kinds that a small host may hold, the same again for the same seed. */
export function* drawVms(purpose: string, seed: number): Generator<DrawnVm, never> {
  const next = sfc32(startFor(purpose, seed), seed, 0);
  const one = <T>(of: readonly [T, ...T[]]): T => of[next() % of.length] ?? of[0];
  for (let i = 0; ; i++) {
    yield {
      vm: {
        name: `vm-${i}`,
        vcpus: one([1, 2, 3, 4]),
        accelerators: one([0, 1, 2, 3]),
        memory: `${one([64, 72, 96, 128, 160])}Mi`,
        hugepages: one(["2Mi", "none"]),
        locality: one(["strict", "strict", "preferred", "interleave"]),
      },
      // libvirt takes several times as long.
      via: one(["libvirt", "qemu", "qemu"]),
    };
  }
}
