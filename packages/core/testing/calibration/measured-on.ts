import type { Calibration, CopyFigures, Measured } from "../../src/calibration/calibration.ts";
import { emptyCalibration } from "../../src/calibration/empty.ts";
import { topologyDigest } from "../../src/topology/digest.ts";
import type { Topology } from "../../src/topology/topology.ts";

/** A number that was measured once. */
export function once(value: number): Measured {
  return { median: value, least: value, most: value, samples: 1 };
}

/** What would be measured on a machine whose latencies, rates and copies are these functions. */
export function measuredOn(
  topology: Topology,
  figures: {
    readonly latencyNs?: (initiator: number, target: number) => number;
    readonly bytesPerSecond?: (initiator: number, target: number) => number;
    readonly copyBytesPerSecond?: (accelerator: string, node: number) => number;
  },
): Calibration {
  const ids = topology.nodes.map(({ id }) => id);
  const { latencyNs, bytesPerSecond, copyBytesPerSecond } = figures;
  return {
    ...emptyCalibration("evenkeel", "made up"),
    host: topology.name,
    topologyDigest: topologyDigest(topology),
    measuredAt: "2026-01-31T12:00:00.000Z",
    memory: ids.flatMap((initiator) =>
      ids.map((target) => ({
        initiator,
        target,
        readLatencyNs: latencyNs === undefined ? null : once(latencyNs(initiator, target)),
        oneCore: null,
        allCores:
          bytesPerSecond === undefined
            ? null
            : {
                readBytesPerSecond: once(bytesPerSecond(initiator, target)),
                writeBytesPerSecond: null,
                copyBytesPerSecond: null,
              },
        pageBytes: null,
        witness: null,
      })),
    ),
    copies:
      copyBytesPerSecond === undefined
        ? []
        : topology.accelerators.flatMap(({ address }) =>
            ids.map((node): CopyFigures => ({
              node,
              accelerator: address,
              index: null,
              hostToDeviceBytesPerSecond: once(copyBytesPerSecond(address, node)),
              deviceToHostBytesPerSecond: null,
              togetherHostToDeviceBytesPerSecond: null,
              togetherDeviceToHostBytesPerSecond: null,
            })),
          ),
  };
}
