import type { HostShape } from "../fleet/host.ts";
import { malformed, readCsv } from "./csv.ts";

const CPU_MILLI_MAX = 10_000_000;
const MEMORY_MIB_MAX = 1 << 30;
const GPUS_MAX = 64;
/** Ten times the published fleet; policies keep a score for each host and task. */
const HOSTS_MAX = 12_000;

/**
 * Reads the Kubernetes nodes of the trace that have GPUs, sorted by name: columns sn, cpu_milli,
 * memory_mib, gpu and model (Alibaba, cluster-trace-gpu-v2023). Equal nodes share one shape.
 *
 * Errors: `trace-malformed`.
 */
export function readOpenbNodes(text: string, where: string): readonly HostShape[] {
  const shapes = new Map<string, HostShape>();
  const nodes = readCsv(text, where, ["sn", "cpu_milli", "memory_mib", "gpu", "model"]).map(
    (row) => ({
      name: row.text("sn"),
      cpuMilli: row.number("cpu_milli", CPU_MILLI_MAX),
      memoryMib: row.number("memory_mib", MEMORY_MIB_MAX),
      gpus: row.number("gpu", GPUS_MAX),
      model: row.text("model") === "" ? null : row.text("model"),
    }),
  );
  const withGpus = nodes.filter(({ gpus }) => gpus > 0);
  if (withGpus.length === 0) throw malformed("no node has a GPU", where, "nodes with GPUs");
  if (withGpus.length > HOSTS_MAX) {
    throw malformed("the list has too many nodes", where, `at most ${HOSTS_MAX} nodes with GPUs`);
  }
  return withGpus
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ cpuMilli, memoryMib, gpus, model }) => {
      const key = JSON.stringify([cpuMilli, memoryMib, gpus, model]);
      const shape = shapes.get(key) ?? { model, nodes: [{ cpuMilli, memoryMib, gpus }] };
      shapes.set(key, shape);
      return shape;
    });
}
