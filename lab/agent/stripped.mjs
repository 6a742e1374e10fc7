// Makes Node load .ts files unchanged: the image has them with their types stripped.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

registerHooks({
  load: (url, context, next) =>
    url.endsWith(".ts")
      ? { format: "module", source: readFileSync(fileURLToPath(url)), shortCircuit: true }
      : next(url, context),
});
