// Runs Evenkeel's command lines in one lasting process. Under emulation Node takes ten seconds to
// read and compile the sources, and then one second per command.
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";

const surroundings = { env: process.env, interrupted: new AbortController().signal };
process.on("message", ({ id, argv }) => {
  void evenkeel(argv, surroundings).then((outcome) => process.send({ id, ...outcome }));
});
