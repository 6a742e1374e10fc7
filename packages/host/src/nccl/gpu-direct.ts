import type { GuestGpuDirect } from "@evenkeel/core/evidence/guest-report.ts";
import { shown } from "../text/shown.ts";

/**
 * What a log of NCCL says of direct copies between NICs and GPUs (GPU Direct RDMA); null where it
 * says nothing of them.
 *
 * For each GPU, NCCL says of the NICs that it considers whether copies are direct, by how far they
 * are: `GPU Direct RDMA Disabled for GPU ca000 / HCA 0 (distance 7 > 4)`. A GPU that has one NIC
 * near enough is well served, so only one that has none counts. Of a NIC alone it says whether its
 * driver can do it at all: `NET/IB : GPU Direct RDMA Disabled for HCA 0 'mlx5_0'`. What a log says
 * last, the channels, tells as well: `via NET/IB/0/GDRDMA`. Sockets copy through the CPU always.
 * https://github.com/NVIDIA/nccl, src/graph/paths.cc (ncclTopoCheckGdr)
 */
export function gpuDirectIn(log: string): GuestGpuDirect | null {
  const gpus = new Map<string, GuestGpuDirect>();
  const nics = new Map<string, GuestGpuDirect>();
  const channels: GuestGpuDirect[] = [];
  for (const line of log.split("\n", LINES_MAX)) {
    if (/NET\/Socket/.test(line)) continue;
    const said = statement.exec(line);
    const channel = /\bvia (NET\/IB\/\d{1,4}(?:\([^)]{0,32}\))?(\/GDRDMA)?)(?![/\w])/.exec(line);
    if (said !== null) {
      const [words = "", on, gpu, nic = ""] = said;
      const one = { enabled: /enabled/i.test(on ?? ""), why: shown(words, 512) ?? "?" };
      const host = /([\w.-]{1,253}):\d{1,10}:\d{1,10} \[/.exec(line)?.[1] ?? "";
      const [all, key] = gpu === undefined ? [nics, `${host} ${nic}`] : [gpus, `${host} ${gpu}`];
      if (all.get(key)?.enabled !== true) all.set(key, one);
    } else if (channel !== null) {
      channels.push({ enabled: channel[2] !== undefined, why: `via ${channel[1] ?? ""}` });
    }
  }
  // A NIC that can does for all; a GPU that has none does not.
  const ofNics = [...nics.values()];
  const driver = ofNics.find(({ enabled }) => enabled) ?? ofNics[0];
  if (driver?.enabled === false) return driver;
  const ofGpus = [...gpus.values()];
  const decisive = ofGpus.find(({ enabled }) => !enabled) ?? ofGpus[0];
  return decisive ?? channels.find(({ enabled }) => enabled) ?? channels[0] ?? driver ?? null;
}

/**
 * The network that a log of NCCL says is used: `Using network IB`. Where processes use several,
 * sockets count: all wait for the slowest.
 */
export function ncclNetworkIn(log: string): string | null {
  const found = log.split("\n", LINES_MAX).flatMap((line) => {
    const [, name = ""] = /\bNCCL INFO Using network (\w[\w ./-]{0,63})\s*$/.exec(line) ?? [];
    return shown(name, 64) ?? [];
  });
  return found.find((name) => name === "Socket") ?? found[0] ?? null;
}

/** A log of a long job may have any length; what matters is said at its start. */
const LINES_MAX = 200_000;

const statement =
  /GPU Direct RDMA (?:\(\w{1,16}\) )?(Enabled|Disabled) for (?:GPU (\S{1,32}) \/ )?HCA (\w{1,8})[^\n]{0,200}/i;
