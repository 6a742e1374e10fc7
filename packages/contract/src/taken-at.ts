import { z } from "zod";

const error = "a time in UTC such as 2026-01-31T12:00:00.000Z";

/** The time of a reading, in ISO 8601, UTC, to the millisecond. */
export const takenAt: z.ZodString = z
  .string({ error })
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, { error });
