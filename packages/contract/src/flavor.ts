import { apiVersion, exactly, name, object, text } from "./fields.ts";
import { specFields } from "./virtual-machine.ts";

export const flavorSchema = object({
  apiVersion,
  kind: exactly("Flavor"),
  metadata: object({ name }),
  spec: object(specFields),
  signature: text(128).nullable().optional(),
});
