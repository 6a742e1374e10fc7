import type { Calibration } from "./calibration.ts";

/** A calibration of which nothing is known but the tool: what a reader fills in as it reads. */
export function emptyCalibration(tool: string, method = "not told"): Calibration {
  return {
    apiVersion: "evenkeel/v1",
    kind: "Calibration",
    host: null,
    topologyDigest: null,
    measuredAt: null,
    tool: { name: tool, version: null, method },
    memory: [],
    total: [],
    loaded: [],
    copies: [],
    peers: [],
    conditions: {
      isGentle: null,
      isEmulated: null,
      isInGuest: null,
      stealShare: null,
      othersShare: null,
    },
    warnings: [],
  };
}
