import { withBoards, withSwitches } from "../lab-boards.ts";
import { withAll, withGuest } from "../lab-given.ts";
import { byQemu, type RecordAlteration } from "./alteration.ts";

/** What its guest is shown. */
export const guestAlterations: readonly RecordAlteration[] = [
  {
    code: "cpu-model-masks",
    what: "the guest's processor is Nehalem",
    of: byQemu,
    path: "shapes.0.cpu.model",
    value: "Nehalem",
  },
  {
    code: "smt-invented",
    what: "the guest takes its two vCPUs for threads of a core",
    of: byQemu,
    given: withGuest,
    path: "guest.cpu.threadsPerCore",
    value: 2,
  },
  {
    code: "port-link-untrue",
    what: "a port of the guest's says 2.5 GT/s",
    of: byQemu,
    given: withAll(withBoards, withGuest),
    path: "guest.ports.0.link",
    value: { speedGTs: 2.5, width: 1, maxSpeedGTs: 2.5, maxWidth: 1 },
  },
  {
    code: "mmio-window-small",
    what: "no address for a BAR",
    of: byQemu,
    given: withGuest,
    path: "guest.devices.0.bars.0.assigned",
    value: false,
  },
  {
    code: "nccl-file-missing",
    what: "no file tells NCCL of the switch, which the guest does not see",
    of: byQemu,
    given: withAll(withSwitches, withGuest),
    path: "guest.nccl",
    value: null,
  },
  {
    code: "gpu-direct-off",
    what: "NCCL's log says that the NIC is too far from the GPU",
    of: byQemu,
    given: withAll(withSwitches, withGuest),
    path: "guest.gpuDirect",
    value: {
      enabled: false,
      why: "GPU Direct RDMA Disabled for GPU 1000 / HCA 0 (distance 7 > 4)",
    },
  },
  {
    code: "gpu-direct-driver",
    what: "NCCL's log says that the NIC's driver cannot",
    of: byQemu,
    given: withAll(withSwitches, withGuest),
    path: "guest.gpuDirect",
    value: { enabled: false, why: "GPU Direct RDMA Disabled for HCA 0 'mlx5_0'" },
  },
  {
    code: "guest-acs",
    what: "the guest's port above its accelerator redirects",
    of: byQemu,
    given: withAll(withSwitches, withGuest),
    path: "guest.ports.0.acsRedirect",
    value: true,
  },
  {
    code: "nccl-file-not-in-force",
    what: "NCCL does not take its file",
    of: byQemu,
    given: withGuest,
    path: "guest.nccl.inForce",
    value: false,
  },
  {
    code: "nccl-file-slow",
    what: "NCCL's file says 2.5 GT/s",
    of: byQemu,
    given: withAll(withBoards, withGuest),
    path: "guest.nccl.slowestLink",
    value: { speedGTs: 2.5, width: 1 },
  },
];
