/** What `@evenkeel/cli` offers to programs elsewhere: the command line as a function. */

export { runCli } from "./run.ts";
export { type ExitStatus, exitStatus } from "./command/exit-status.ts";
export type { Stream, Surroundings } from "./command/surroundings.ts";
export type { Clock } from "@evenkeel/host/clock/clock.ts";
