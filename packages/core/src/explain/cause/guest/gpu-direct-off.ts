import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause } from "../../subject/cause.ts";
import { isOfDriver, withoutLog } from "../../subject/nccl-log.ts";

/**
 * NCCL copies between NIC and GPU through the CPU's memory instead of directly (GPU Direct RDMA),
 * because the two seem too far apart, as they do in a guest that hides the host's switches:
 * "distance 7 > 4" (https://github.com/NVIDIA/nccl/issues/1151).
 */
export const gpuDirectOff: Cause = {
  code: "gpu-direct-off",
  layer: "guest",
  looksFor: "NCCL takes the NIC to be too far from the GPU to copy directly",
  observable: "guest.gpuDirect",
  readFrom: "NCCL's log (NCCL_DEBUG=INFO with NCCL_DEBUG_FILE)",
  acquittedBy: "the log says that GPU Direct RDMA is enabled, or a VM without an RDMA NIC",
  followsFrom: ["nccl-file-missing", "nccl-file-not-in-force", "guest-device-node"],
  judge: (subject) => {
    const gpuDirect = subject.evidence.guest?.gpuDirect ?? null;
    if (gpuDirect === null) return withoutLog(subject);
    if (gpuDirect.enabled || isOfDriver(gpuDirect)) return acquitted(gpuDirect.why);
    return accused({
      about: "NCCL",
      expected: "GPU Direct RDMA enabled between each GPU and its NIC",
      found: "disabled: to NCCL the NIC is too far from the GPU",
      evidence: [gpuDirect.why],
      seen: "directly",
      cost: unknownCost,
      remedy: advice(
        "live",
        "Give NCCL a topology file in which GPU and NIC share their switch (evenkeel render PLAN --as nccl). If they share none on the host, a NIC on the GPU's switch would help.",
      ),
    });
  },
};
