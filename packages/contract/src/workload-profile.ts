import { isBuiltIn, type Profile } from "@evenkeel/core/request/workload-profile.ts";
import type { z } from "zod";
import { apiVersion, bytes, exactly, integer, name, object, share, size } from "./fields.ts";

/** A day: whatever repeats more rarely is no step. */
const STEP_NS_MAX = 24 * 3600 * 1e9;

const computeNs = integer(0, STEP_NS_MAX);

const ownName = "another name than a built-in workload's";

/** What a user's own kind of work moves in one step. */
export const workloadProfileSchema = object({
  apiVersion,
  kind: exactly("WorkloadProfile"),
  metadata: object({ name: name.refine((one) => !isBuiltIn(one), { error: ownName }) }),
  spec: object({
    computeNs: computeNs.optional(),
    perAccelerator: object({
      hostToDevice: size.optional(),
      deviceToHost: size.optional(),
      peer: size.optional(),
    }).optional(),
    perVcpu: object({ memory: size, writeShare: share, randomShare: share }).optional(),
    perNic: object({ network: size }).optional(),
  }),
});

/** The same in bytes, as a Plan has it. */
export const profileSchema: z.ZodType<Profile> = object({
  name,
  computeNs,
  hostToDeviceBytes: bytes,
  deviceToHostBytes: bytes,
  peerBytes: bytes,
  memoryBytes: bytes,
  writeShare: share,
  randomShare: share,
  networkBytes: bytes,
});
