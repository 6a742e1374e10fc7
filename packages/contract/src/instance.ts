import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { instanceFault } from "@evenkeel/core/instance/instance-fault.ts";
import { hypervisorNames, type Instance } from "@evenkeel/core/instance/instance.ts";
import { z } from "zod";
import { checkedPlan } from "./checked-plan.ts";
import {
  apiVersion,
  exactly,
  flag,
  integer,
  list,
  object,
  oneOf,
  pciAddress,
  text,
} from "./fields.ts";
import { planSchema } from "./plan.ts";
import { firstProblem, problemError } from "./problem.ts";
import { parseJson } from "./text/json.ts";
import { placeIn } from "./text/parsed.ts";

const uuidError = "a UUID in lower case";
const uuid = z
  .string({ error: uuidError })
  .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { error: uuidError });

const timeError = "a time in UTC such as 2026-01-31T12:00:00.000Z";
const time = z
  .string({ error: timeError })
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, { error: timeError });

/** Drivers have the characters of module names. The name becomes a part of a path in /sys. */
const driverError = 'the name of a kernel driver: at most 64 letters, digits, "_" and "-"';
const driver = z
  .string({ error: driverError })
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/, { error: driverError });

/** A process id is at most PID_MAX_LIMIT of the kernel. */
export const processRecordSchema = object({
  pid: integer(1, 2 ** 22),
  startTicks: integer(0, Number.MAX_SAFE_INTEGER),
  uid: integer(0, 2 ** 32 - 1),
  executable: text(4096),
});

export const instanceSchema = object({
  apiVersion,
  kind: exactly("Instance"),
  name: text(200),
  uuid,
  plan: planSchema,
  via: oneOf(hypervisorNames),
  uri: text(512).nullable(),
  phase: oneOf(["starting", "running", "stopping"]),
  // Instances from before processes were recorded have none.
  process: processRecordSchema.nullable().default(null),
  // Instances from before `adopt` existed were all started here.
  adopted: flag.default(false),
  startedAt: time,
  drivers: list(
    object({ address: pciAddress, driver: driver.nullable(), override: driver.nullable() }),
    8192,
  ),
});

/**
 * Reads the Instance in a file of the state folder. Commands act on it as root, so it may name
 * nothing but what a start or an adoption of its plan records (`instanceFault`).
 *
 * Errors: `json-malformed`, `document-invalid`, `plan-inconsistent`.
 */
export function parseInstance(json: string, where: string): Instance {
  const { value, offsetOf } = parseJson(json, where);
  const result = instanceSchema.safeParse(value);
  if (!result.success) {
    const problem = firstProblem(result.error.issues, "Instance", value);
    throw problemError(problem, placeIn(where, json, offsetOf(problem.path)));
  }
  const instance = result.data;
  checkedPlan(instance.plan, where);
  const fault = instanceFault(instance);
  if (fault === null) return instance;
  const { message, expected } = fault;
  throw new EvenkeelError("document-invalid", message, { where, expected });
}
