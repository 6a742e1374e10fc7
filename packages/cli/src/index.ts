/** What `@evenkeel/cli` offers to programs elsewhere: the command line as a function. */

export { runCli } from "./run.ts";
export { type ExitStatus, exitStatus } from "./exit-status.ts";
export type { Stream, World } from "./world.ts";
