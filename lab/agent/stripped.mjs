// Has Node take sources in TypeScript as they are: the image has them without their types.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

registerHooks({
  load: (url, context, next) =>
    url.endsWith(".ts")
      ? { format: "module", source: readFileSync(fileURLToPath(url)), shortCircuit: true }
      : next(url, context),
});
