import { randomFor } from "../../fuzz/random.ts";
import type { VmOptions } from "./vm.ts";

/** A VM to start, and the hypervisor to start it with. */
export interface DrawnVm {
  readonly vm: VmOptions;
  readonly via: "libvirt" | "qemu";
}

/** Draws VMs of all kinds that a small host may hold; the same seed gives the same VMs. */
export function* drawVms(purpose: string, seed: number): Generator<DrawnVm, never> {
  for (let i = 0; ; i++) {
    const random = randomFor(seed, purpose, i);
    yield {
      vm: {
        name: `vm-${i}`,
        vcpus: random.of([1, 2, 3, 4]),
        accelerators: random.of([0, 1, 2, 3]),
        memory: `${random.of([64, 72, 96, 128, 160])}Mi`,
        hugepages: random.of(["2Mi", "none"] as const),
        locality: random.of(["strict", "strict", "preferred", "interleave"] as const),
      },
      // libvirt takes several times as long, so it is drawn less often.
      via: random.of(["libvirt", "qemu", "qemu"] as const),
    };
  }
}
