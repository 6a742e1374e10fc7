// Runs Evenkeel's command lines in one process that stays. Under emulation Node takes ten seconds to
// read and compile the sources, and one second for a command after that.
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";

const surroundings = { env: process.env, interrupted: new AbortController().signal };
process.on("message", ({ id, argv }) => {
  void evenkeel(argv, surroundings).then((outcome) => process.send({ id, ...outcome }));
});
