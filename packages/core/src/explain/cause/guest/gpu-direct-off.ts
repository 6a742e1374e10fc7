import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { guestViewOf } from "../../subject/guest-view.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/**
 * NCCL copies between NIC and GPU through the CPU's memory instead of directly (GPU Direct RDMA).
 * It does so where the two seem too far apart, as they do in a guest that hides the host's switches
 * ("distance 7 > 4"), and where the kernel lacks nvidia_peermem or DMA-BUF
 * (https://github.com/NVIDIA/nccl/issues/1151, https://github.com/NVIDIA/nccl/issues/1537).
 */
export const gpuDirectOff: Cause = {
  code: "gpu-direct-off",
  layer: "guest",
  looksFor: "NCCL copies between NIC and GPU through the memory of the CPUs",
  observable: "guest.gpuDirect",
  readFrom: "NCCL's log (NCCL_DEBUG=INFO with NCCL_DEBUG_FILE)",
  acquittedBy: "the log says that GPU Direct RDMA is enabled, or a VM without an RDMA NIC",
  followsFrom: [],
  judge: ({ evidence, topology }) => {
    const { guest } = evidence;
    const gpuDirect = guest?.gpuDirect ?? null;
    if (gpuDirect === null) {
      if (guestViewOf(evidence) === null) return irrelevant;
      const given = topology === null ? null : devicesOf(evidence, topology);
      if (given !== null && (given.accelerators.length === 0 || given.nics.length === 0)) {
        return irrelevant;
      }
      return untold(
        "there is no log of NCCL: run with NCCL_DEBUG=INFO and NCCL_DEBUG_FILE=FILE, then report",
      );
    }
    if (gpuDirect.enabled) return acquitted(gpuDirect.why);
    const isDistance = /\bdistance\b/.test(gpuDirect.why);
    return accused({
      about: "NCCL",
      expected: "GPU Direct RDMA enabled between each GPU and its NIC",
      found: isDistance
        ? "disabled: to NCCL the NIC is too far from the GPU"
        : "disabled: the NIC's driver cannot reach GPU memory",
      evidence: [gpuDirect.why],
      seen: "directly",
      cost: unknownCost,
      remedy: isDistance
        ? advice(
            "live",
            "Give NCCL a topology file in which GPU and NIC share their switch (evenkeel render PLAN --as nccl). If they share none on the host, a NIC on the GPU's switch would help.",
          )
        : advice("live", "Load nvidia_peermem where NCCL runs, or use a kernel with DMA-BUF."),
    });
  },
};
